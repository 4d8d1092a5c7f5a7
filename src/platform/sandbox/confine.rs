//! How the child ties its own hands, in four layers that do not rely on each other.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use serde::{Deserialize, Serialize};

use super::limits;

/// What holds in a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// No files and no connections, by Landlock.
    pub landlock: Grip,
    /// No system calls but those a calculation needs, by seccomp.
    pub seccomp: bool,
}

/// How far the kernel can enforce what was asked of Landlock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grip {
    /// All of it.
    Full,
    /// Files, but not everything that newer kernels know.
    Partial,
    /// Nothing: the kernel lacks it, or the container forbids it.
    None,
}

impl Hold {
    /// Whether the box is closed: nothing to open, nothing to call.
    #[must_use]
    pub fn closed(self) -> bool {
        self.seccomp && self.landlock != Grip::None
    }
}

/// Why not even the ordinary limits could be set.
#[derive(Debug, thiserror::Error)]
#[error("the limits of the child cannot be set: {0}")]
pub struct Unlimited(#[from] rustix::io::Errno);

/// Limits this process for the rest of its life. To be called before anything foreign is read.
///
/// # Errors
/// When the ordinary limits cannot be set. Landlock and seccomp that the kernel lacks are reported instead.
pub fn confine() -> Result<Hold, Unlimited> {
    limit(Resource::Core, 0)?;
    limit(Resource::Data, limits::MEMORY)?;
    limit(Resource::As, limits::ADDRESSES)?;
    limit(Resource::Cpu, limits::PROCESSOR_SECONDS)?;
    limit(Resource::Fsize, 0)?;
    // Root passes this one; seccomp below stops root as well.
    limit(Resource::Nproc, 0)?;
    let landlock = landlock().unwrap_or(Grip::None);
    // The three streams are open already, and nothing else will be.
    limit(Resource::Nofile, 3)?;
    let seccomp = seccomp();
    Ok(Hold { landlock, seccomp })
}

fn limit(resource: Resource, most: u64) -> Result<(), Unlimited> {
    Ok(setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })?)
}

/// Everything the newest known kernel can refuse is refused, and no exception is made; older kernels do what they can.
fn landlock() -> Result<Grip, landlock::RulesetError> {
    const NEWEST: ABI = ABI::V6;
    let status = Ruleset::default()
        .handle_access(AccessFs::from_all(NEWEST))?
        .handle_access(AccessNet::from_all(NEWEST))?
        .scope(Scope::from_all(NEWEST))?
        .create()?
        .restrict_self()?;
    Ok(match status.ruleset {
        RulesetStatus::FullyEnforced => Grip::Full,
        RulesetStatus::PartiallyEnforced => Grip::Partial,
        RulesetStatus::NotEnforced => Grip::None,
    })
}

/// The two lists of system calls, in the form that the compiler of filters reads.
const FILTERS: &str = include_str!("filters.json");

/// Both filters; the sterner answer to a call counts. The last layer, as it refuses the making of the others.
fn seccomp() -> bool {
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return false };
    let Ok(filters) = seccompiler::compile_from_json(FILTERS.as_bytes(), architecture) else { return false };
    let (Some(fatal), Some(calculation)) = (filters.get("fatal"), filters.get("calculation")) else { return false };
    // The fatal one first: installing a filter is itself a call that the other one refuses.
    seccompiler::apply_filter(fatal).is_ok() && seccompiler::apply_filter(calculation).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filters_compile_for_every_supported_machine() {
        for architecture in [seccompiler::TargetArch::x86_64, seccompiler::TargetArch::aarch64] {
            let filters = seccompiler::compile_from_json(FILTERS.as_bytes(), architecture).expect("filters");
            assert_eq!(filters.len(), 2);
        }
    }
}
