//! The flags that name nodes, for the commands that fetch from them.

use alloy_primitives::B256;
use anyhow::{Context, bail};
use std::{
    env, fs,
    num::{NonZeroU32, NonZeroU64, NonZeroUsize},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tribunal_rpc::{Address, Nodes, NodesOptions, RoleName, RoleOptions};

use crate::{count::count, output, values};

/// What a command that needs nodes says when none is named.
pub(crate) const MISSING_NODES: &str =
    "nodes are missing: name them with --l1-node-address, --l1-beacon-address and --l2-node-address";

/// Where the nodes are, and how they are asked.
///
/// The variables are those of kona-host. They count where nodes must be named or usually are: see
/// [`NodeFlags::or_environment`].
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Nodes")]
pub(crate) struct NodeFlags {
    /// RPC address of an L1 execution node: http:// or https://, with user and password if it needs them. Several are
    /// separated by commas: the next one is asked when one fails. `host`, `fetch` and `check --l2-block` take it from
    /// L1_NODE_ADDRESS otherwise.
    #[arg(long, visible_alias = "l1", value_name = "URL,…")]
    l1_node_address: Option<String>,
    /// Address of an L1 beacon node, or several; otherwise from L1_BEACON_ADDRESS.
    #[arg(long, visible_alias = "beacon", value_name = "URL,…")]
    l1_beacon_address: Option<String>,
    /// RPC address of an L2 execution node, or several; otherwise from L2_NODE_ADDRESS.
    #[arg(long, visible_alias = "l2", value_name = "URL,…")]
    l2_node_address: Option<String>,
    /// RPC address of a rollup node (op-node), or several. It gives the rollup config of a chain that is not built in.
    #[arg(long, value_name = "URL,…")]
    rollup_node_address: Option<String>,
    /// File with a token that is sent to the L1 nodes (`Authorization: Bearer`). One file is for all nodes of the list; several,
    /// separated by commas, are for one node each, and `-` is for a node that gets none. A node whose address has user and
    /// password gets none either.
    #[arg(long, value_name = "FILE,…")]
    l1_token_file: Option<String>,
    /// File with a token that is sent to the beacon nodes, or one for each.
    #[arg(long, value_name = "FILE,…")]
    l1_beacon_token_file: Option<String>,
    /// File with a token that is sent to the L2 nodes, or one for each.
    #[arg(long, value_name = "FILE,…")]
    l2_token_file: Option<String>,
    /// File with a token that is sent to the rollup nodes, or one for each.
    #[arg(long, value_name = "FILE,…")]
    rollup_node_token_file: Option<String>,
    /// File with the JWT secret of the L1 nodes' authenticated ports (32 bytes in hex), or one for each.
    #[arg(long, value_name = "FILE,…")]
    l1_jwt_secret: Option<String>,
    /// File with the JWT secret of the L2 nodes' authenticated ports, or one for each.
    #[arg(long, value_name = "FILE,…")]
    l2_jwt_secret: Option<String>,
    /// File with certificates (PEM) of authorities to trust besides those of the system.
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,
    /// How long to wait for nodes that are down or busy, in seconds or with a unit: 90, 90s, 15m, 1h.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = values::time)]
    retry_for: Duration,
    /// How long one request may take [default: 30s for L1, 60s for beacon nodes, 5m for L2].
    #[arg(long, value_name = "TIME", value_parser = values::time)]
    request_timeout: Option<Duration>,
    /// How many requests are sent to one node at once.
    #[arg(long, value_name = "N", default_value = "10", value_parser = values::count::<NonZeroUsize>)]
    max_concurrent: NonZeroUsize,
    /// How many requests are sent to one node each second [default: any number].
    #[arg(long, value_name = "N", value_parser = values::count::<NonZeroU32>)]
    max_per_second: Option<NonZeroU32>,
    /// Seconds of an L1 slot, in place of what the beacon node says.
    #[arg(long, value_name = "SECONDS", value_parser = values::count::<NonZeroU64>)]
    l1_slot_seconds: Option<NonZeroU64>,
    /// Do not read ahead of the program.
    #[arg(long)]
    no_prefetch: bool,
}

impl NodeFlags {
    /// The same, with the nodes that the environment names where no flag does. A folder of claims is not decided with those:
    /// what can be decided offline stays offline.
    pub(crate) fn or_environment(&self) -> Self {
        let or = |flag: &Option<String>, variable| flag.clone().or_else(|| env::var(variable).ok());
        Self {
            l1_node_address: or(&self.l1_node_address, "L1_NODE_ADDRESS"),
            l1_beacon_address: or(&self.l1_beacon_address, "L1_BEACON_ADDRESS"),
            l2_node_address: or(&self.l2_node_address, "L2_NODE_ADDRESS"),
            ..self.clone()
        }
    }

    /// Whether any node is named. An empty variable names none.
    pub(crate) fn any(&self) -> bool {
        self.all().iter().any(|(_, addresses)| addresses.is_some())
    }

    /// The first flag that says something about nodes, apart from those that name the three.
    fn first_idle(&self) -> Option<&'static str> {
        let flags = [
            ("--rollup-node-address", self.has_rollup_node()),
            ("--l1-token-file", self.l1_token_file.is_some()),
            ("--l1-beacon-token-file", self.l1_beacon_token_file.is_some()),
            ("--l2-token-file", self.l2_token_file.is_some()),
            ("--rollup-node-token-file", self.rollup_node_token_file.is_some()),
            ("--l1-jwt-secret", self.l1_jwt_secret.is_some()),
            ("--l2-jwt-secret", self.l2_jwt_secret.is_some()),
            ("--ca-file", self.ca_file.is_some()),
            ("--request-timeout", self.request_timeout.is_some()),
            ("--max-per-second", self.max_per_second.is_some()),
            ("--l1-slot-seconds", self.l1_slot_seconds.is_some()),
            ("--no-prefetch", self.no_prefetch),
        ];
        flags.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }

    /// Refuses a rollup node, for commands that have their configs from elsewhere.
    pub(crate) fn refuse_rollup_node(&self) -> anyhow::Result<()> {
        if self.has_rollup_node() {
            bail!(
                "--rollup-node-address gives the config of claims about a live chain (`check --l2-block`, `fetch`): \
                 this claim has its own, or takes --rollup-config"
            );
        }
        Ok(())
    }

    /// Whether a rollup node is named.
    pub(crate) fn has_rollup_node(&self) -> bool {
        given(self.rollup_node_address.as_deref()).is_some()
    }

    /// The nodes, if any is named. `agreed_head` is the block behind the agreed output root.
    ///
    /// # Errors
    /// If one of the three is missing, or something given cannot be used. No error repeats an address.
    pub(crate) fn nodes(&self, agreed_head: Option<B256>) -> anyhow::Result<Option<Arc<Nodes>>> {
        if !self.any() {
            if let Some(flag) = self.first_idle() {
                bail!("{flag} is about nodes; {MISSING_NODES}");
            }
            return Ok(None);
        }
        if let Some((flag, _)) = self.all().iter().find(|(_, addresses)| addresses.is_none()) {
            bail!("{flag} is missing: fetching needs an L1 node, an L1 beacon node and an L2 node");
        }
        let [l1, beacon, l2] = self.all();
        let options = NodesOptions {
            l1: self.role(RoleName::L1, l1, self.keys_of(RoleName::L1))?,
            beacon: self.role(RoleName::Beacon, beacon, self.keys_of(RoleName::Beacon))?,
            l2: self.role(RoleName::L2, l2, self.keys_of(RoleName::L2))?,
            rollup_node: self.rollup_node()?,
            retry_for: self.retry_for,
            ca_file: self.ca_file.clone(),
            agreed_head,
            seconds_per_slot: self.l1_slot_seconds,
            prefetch: !self.no_prefetch,
            ..NodesOptions::default()
        };
        Ok(Some(Arc::new(Nodes::new(&options)?)))
    }

    /// How long a host waits for one answer: longer than the source, which says what it tried when it gives up.
    pub(crate) fn patience(&self) -> Duration {
        let slowest = self.request_timeout.unwrap_or(NodesOptions::default().l2.timeout);
        // A fall-back may be under way when the time is over, and then another.
        self.retry_for.saturating_add(slowest.saturating_mul(4)).saturating_add(Duration::from_mins(1))
    }

    fn all(&self) -> [(&'static str, Option<&str>); 3] {
        [
            ("--l1-node-address", given(self.l1_node_address.as_deref())),
            ("--l1-beacon-address", given(self.l1_beacon_address.as_deref())),
            ("--l2-node-address", given(self.l2_node_address.as_deref())),
        ]
    }

    fn rollup_node(&self) -> anyhow::Result<RoleOptions> {
        let name = RoleName::RollupNode;
        match given(self.rollup_node_address.as_deref()) {
            None => Ok(NodesOptions::default().rollup_node),
            addresses => self.role(name, ("--rollup-node-address", addresses), self.keys_of(name)),
        }
    }

    fn keys_of(&self, name: RoleName) -> Keys<'_> {
        let (tokens, secrets) = match name {
            RoleName::L1 => {
                (("--l1-token-file", &self.l1_token_file), ("--l1-jwt-secret", &self.l1_jwt_secret))
            }
            RoleName::Beacon => (("--l1-beacon-token-file", &self.l1_beacon_token_file), ("", &None)),
            RoleName::L2 => {
                (("--l2-token-file", &self.l2_token_file), ("--l2-jwt-secret", &self.l2_jwt_secret))
            }
            RoleName::RollupNode => (("--rollup-node-token-file", &self.rollup_node_token_file), ("", &None)),
        };
        Keys { tokens, secrets }
    }

    fn role(
        &self,
        name: RoleName,
        (flag, addresses): (&str, Option<&str>),
        keys: Keys<'_>,
    ) -> anyhow::Result<RoleOptions> {
        let defaults = NodesOptions::default();
        let defaults = defaults.role(name);
        let addresses = addresses
            .unwrap_or_default()
            .split(',')
            .map(|address| address.parse::<Address>().context(flag.to_owned()));
        let addresses: Vec<Address> = addresses.collect::<anyhow::Result<_>>()?;
        Ok(RoleOptions {
            addresses: keys.given_to(addresses)?,
            timeout: self.request_timeout.unwrap_or(defaults.timeout),
            max_concurrent: self.max_concurrent.get(),
            per_second: self.max_per_second,
            ..defaults.clone()
        })
    }
}

/// The files with the tokens and secrets of one kind of node, each list with its flag.
#[derive(Debug, Clone, Copy)]
struct Keys<'a> {
    tokens: (&'a str, &'a Option<String>),
    secrets: (&'a str, &'a Option<String>),
}

impl Keys<'_> {
    /// The addresses with what the nodes want to see. No node gets what is meant for another.
    fn given_to(&self, addresses: Vec<Address>) -> anyhow::Result<Vec<Address>> {
        let tokens = one_for_each(self.tokens, addresses.len())?;
        let secrets = one_for_each(self.secrets, addresses.len())?;
        let each = addresses.into_iter().zip(tokens.into_iter().zip(secrets));
        let each = each.map(|(address, files)| -> anyhow::Result<Address> {
            if address.has_credentials() {
                return Ok(address);
            }
            match files {
                (None, None) => Ok(address),
                (Some(token), None) => Ok(address.with_bearer(&read_token(token)?)),
                (None, Some(secret)) => Ok(address.with_jwt_secret(secret)?),
                (Some(_), Some(_)) => bail!(
                    "{} and {} are both for {address}: give a node one of them, and - in the other list",
                    self.tokens.0,
                    self.secrets.0
                ),
            }
        });
        each.collect()
    }
}

/// The file for each of so many nodes: one for all, or a list in which `-` or nothing stands for none.
fn one_for_each<'a>(
    (flag, files): (&str, &'a Option<String>),
    nodes: usize,
) -> anyhow::Result<Vec<Option<&'a Path>>> {
    let Some(files) = files else { return Ok(vec![None; nodes]) };
    let files = files.split(',').map(str::trim).map(|file| match file {
        "" | "-" => None,
        file => Some(Path::new(file)),
    });
    let files: Vec<_> = files.collect();
    match files[..] {
        [for_all] => Ok(vec![for_all; nodes]),
        _ if files.len() == nodes => Ok(files),
        _ => bail!(
            "{flag} names {} files for {nodes} addresses: name one for all of them, or one for each, with - for none",
            files.len()
        ),
    }
}

/// The addresses, if there are any. Empty variables have none.
fn given(addresses: Option<&str>) -> Option<&str> {
    addresses.filter(|text| !text.trim().is_empty())
}

/// Says how often the program waited for nodes.
pub(crate) fn say_reads(nodes: &Nodes) {
    let reads = nodes.reads();
    let mut requests = 0;
    for counts in nodes.metrics().snapshot().values() {
        requests += counts.requests;
    }
    output::message(format_args!(
        "nodes: {}; the program waited {} ({:.1?} in all); {} read ahead, of which it used {}",
        count(requests, "request"),
        count(reads.missed, "time"),
        reads.waiting,
        count(reads.ahead, "answer"),
        reads.hits,
    ));
}

/// The token in a file, without the white space around it.
fn read_token(path: &Path) -> anyhow::Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the token in {}", path.display()))?;
    let token = text.trim();
    if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        bail!("{} must hold one token, of letters, digits and signs", path.display());
    }
    Ok(token.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &str, nodes: usize) -> Result<Vec<Option<&Path>>, String> {
        let list: &'static Option<String> = Box::leak(Box::new(Some(list.to_owned())));
        one_for_each(("--l2-token-file", list), nodes).map_err(|error| error.to_string())
    }

    #[test]
    fn files_are_for_all_nodes_or_for_one_each() {
        let (a, b) = (Some(Path::new("a")), Some(Path::new("b")));
        assert_eq!(one_for_each(("", &None), 2).unwrap(), [None, None]);
        for (list, nodes, expected) in [
            ("a", 1, &[a][..]),
            ("a", 2, &[a, a]),
            ("-", 2, &[None, None]),
            ("a,b", 2, &[a, b]),
            ("a, -,b", 3, &[a, None, b]),
            (",a", 2, &[None, a]),
        ] {
            assert_eq!(files(list, nodes).unwrap(), expected, "{list}");
        }
        for (list, nodes) in [("a,b", 1), ("a,b", 3), ("a,", 1)] {
            let error = files(list, nodes).unwrap_err();
            assert!(error.contains("--l2-token-file names 2 files for"), "{error}");
        }
    }

    #[test]
    fn no_node_gets_what_is_meant_for_another() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (token, secret) = (path("token", "the-token"), path("secret", &"07".repeat(32)));
        let addresses = || ["http://user:word@a", "http://b", "http://c", "http://d"];
        let addresses = || addresses().map(|address| address.parse::<Address>().unwrap()).to_vec();
        let (tokens, secrets) = (Some(format!("{token},{token},-,-")), Some(format!("-,-,{secret},-")));
        let keys = Keys { tokens: ("--t", &tokens), secrets: ("--s", &secrets) };
        let given = keys.given_to(addresses()).unwrap();
        let [a, b, c, d] = &addresses()[..] else { panic!("four") };
        let expected = [
            a.clone(),
            b.clone().with_bearer("the-token"),
            c.clone().with_jwt_secret(Path::new(&secret)).unwrap(),
            d.clone(),
        ];
        assert!(given == expected, "{given:?}");
        let for_all = Some(token.clone());
        let keys = Keys { tokens: ("--t", &for_all), secrets: ("--s", &secrets) };
        let error = keys.given_to(addresses()).unwrap_err().to_string();
        assert!(error.contains("--t and --s are both for http://c:80"), "{error}");
    }
}
