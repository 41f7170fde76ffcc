//! The program built for this machine's processor.
//!
//! The proof system chooses its vector instructions when it is compiled. So there may be several builds beside each other:
//! one for any processor, and others for newer ones.

use std::{env, os::unix::process::CommandExt, process::Command};

/// A kind of processor that there may be a build for.
struct Level {
    /// What rustc calls it, and how the name of its build ends.
    name: &'static str,
    /// Whether this processor is of that kind.
    supported: bool,
    /// Whether this is the build for it.
    is_this: bool,
}

/// The levels of x86-64, the best one first.
#[cfg(target_arch = "x86_64")]
fn levels() -> Vec<Level> {
    macro_rules! all {
        ($($feature:tt),*) => { $(is_x86_feature_detected!($feature))&&* };
    }
    let v3 = all!("avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt", "movbe");
    let v4 = v3 && all!("avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl");
    let has_v4 = cfg!(target_feature = "avx512f");
    vec![
        Level { name: "x86-64-v4", supported: v4, is_this: has_v4 },
        Level { name: "x86-64-v3", supported: v3, is_this: !has_v4 && cfg!(target_feature = "avx2") },
    ]
}

/// No level of another processor makes a difference.
#[cfg(not(target_arch = "x86_64"))]
fn levels() -> Vec<Level> {
    Vec::new()
}

/// Replaces this process by the best build for this processor that is beside this one. Returns if this is the best one, and
/// warns if a better one is missing.
pub(in crate::commands) fn use_best_build() {
    for level in levels() {
        if level.is_this {
            return;
        }
        let this = env::current_exe().ok();
        let name = this.as_ref().and_then(|this| this.file_name()?.to_str().map(str::to_owned));
        let (true, Some(this), Some(name)) = (level.supported, this, name) else { continue };
        let build = this.with_file_name(format!("{name}-{}", level.name));
        if build.is_file() {
            let error = Command::new(&build).args(env::args_os().skip(1)).exec();
            tracing::warn!("cannot run {}: {error}", build.display());
        }
    }
    if levels().iter().any(|level| level.supported) {
        tracing::warn!(
            "this build proves several times as slowly as one for this processor: `make prover` builds that too"
        );
    }
}
