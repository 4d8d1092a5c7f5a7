//! How the child ties its own hands, in four layers that do not rely on each other.

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetStatus, Scope};
use rustix::process::{Resource, Rlimit, setrlimit};
use seccompiler::{BpfMap, TargetArch};
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

/// Stands in [`FILTERS`] where the number of this very process belongs.
const OWN_PROCESS: &str = "\"OWN PROCESS\"";

/// The filters of a process.
fn filters(process: u32, architecture: TargetArch) -> Result<BpfMap, seccompiler::Error> {
    let filters = FILTERS.replace(OWN_PROCESS, &process.to_string());
    seccompiler::compile_from_json(filters.as_bytes(), architecture)
}

/// Both filters; the sterner answer to a call counts. The last layer, as it refuses the making of the others.
fn seccomp() -> bool {
    let Ok(architecture) = std::env::consts::ARCH.try_into() else { return false };
    let Ok(filters) = filters(std::process::id(), architecture) else { return false };
    let (Some(fatal), Some(calculation)) = (filters.get("fatal"), filters.get("calculation")) else { return false };
    // The fatal one first: installing a filter is itself a call that the other one refuses.
    seccompiler::apply_filter(fatal).is_ok() && seccompiler::apply_filter(calculation).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MACHINES: [(TargetArch, u32, u32); 2] =
        [(TargetArch::x86_64, 0xC000_003E, 234), (TargetArch::aarch64, 0xC000_00B7, 131)];
    const ALLOW: u32 = 0x7FFF_0000;
    const NOT_PERMITTED: u32 = 0x0005_0001;

    /// What the kernel makes of a call under a filter: the few instructions that such programs consist of.
    fn judged(program: &[seccompiler::sock_filter], machine: u32, call: u32, first: u64) -> u32 {
        let mut seen = [0_u8; 64];
        seen[0..4].copy_from_slice(&call.to_le_bytes());
        seen[4..8].copy_from_slice(&machine.to_le_bytes());
        seen[16..24].copy_from_slice(&first.to_le_bytes());
        let (mut at, mut held) = (0, 0_u32);
        loop {
            let step = &program[at];
            let jump = |yes: bool| usize::from(if yes { step.jt } else { step.jf });
            at += 1 + match step.code {
                0x20 => {
                    let place = step.k as usize;
                    held = u32::from_le_bytes(seen[place..place + 4].try_into().expect("four bytes"));
                    0
                }
                0x54 => {
                    held &= step.k;
                    0
                }
                0x05 => step.k as usize,
                0x15 => jump(held == step.k),
                0x25 => jump(held > step.k),
                0x35 => jump(held >= step.k),
                0x06 => return step.k,
                other => panic!("an instruction that this test does not know: {other:#x}"),
            };
        }
    }

    #[test]
    fn the_filters_compile_for_every_supported_machine() {
        for (architecture, ..) in MACHINES {
            assert_eq!(filters(1, architecture).expect("filters").len(), 2);
        }
    }

    #[test]
    fn a_child_signals_nobody_but_itself() {
        for (architecture, machine, tgkill) in MACHINES {
            let filters = filters(4711, architecture).expect("filters");
            let ask = |process| judged(&filters["calculation"], machine, tgkill, process);
            assert_eq!(ask(4711), ALLOW, "abort ends the child");
            for other in [0, 1, 4710, 4712, u64::from(u32::MAX)] {
                assert_eq!(ask(other), NOT_PERMITTED, "{other}");
            }
        }
    }
}
