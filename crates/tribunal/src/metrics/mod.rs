//! Metrics over HTTP, in the text format of Prometheus.

mod server;
mod watch;

use std::net::SocketAddr;

pub(crate) use watch::Watch;

/// Where metrics are served.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Nodes")]
pub(crate) struct MetricsFlags {
    /// Serve metrics for Prometheus while the command runs, at http://ADDR:PORT/metrics.
    #[arg(long, value_name = "ADDR:PORT", value_parser = address)]
    metrics_addr: Option<SocketAddr>,
}

impl MetricsFlags {
    /// What the command counts, served from now on if the flag asks for it.
    ///
    /// # Errors
    /// If nothing can listen at the address. It is named.
    pub(crate) fn start(&self) -> anyhow::Result<Watch> {
        let watch = Watch::default();
        if let Some(address) = self.metrics_addr {
            let address = server::start(address, watch.clone())?;
            tracing::info!(%address, "metrics are served");
        }
        Ok(watch)
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "it must be an IP address and a port, such as 127.0.0.1:9100 or [::1]:9100 (0.0.0.0 for all IPv4 addresses)"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for good in ["127.0.0.1:9100", "0.0.0.0:0", "[::1]:65535"] {
            assert_eq!(address(good).unwrap().to_string(), good);
        }
        for bad in
            ["", ":9100", "9100", "127.0.0.1", "localhost:9100", "127.0.0.1:65536", "::1:9100", "[::1]"]
        {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
