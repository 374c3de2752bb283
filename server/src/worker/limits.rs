//! What a child may use. Exceeding it ends the child, not the server.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Address space of a child, in bytes.
pub const MEMORY: u64 = 256 << 20;
/// Processor time for one job, in seconds. Not the wall's: an honest record must not be refused because
/// the machine is busy.
const SECONDS: u64 = 2;

/// Limits memory, and keeps what was in it out of core files.
pub fn begin() -> std::io::Result<()> {
    limit(Resource::As, MEMORY)?;
    limit(Resource::Core, 0)
}

/// Gives the next job its time.
pub fn next_job() -> std::io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    // The kernel counts whole seconds begun.
    limit(Resource::Cpu, used.unsigned_abs() + SECONDS)
}

fn limit(resource: Resource, current: u64) -> std::io::Result<()> {
    let maximum = getrlimit(resource).maximum;
    let current = maximum.map_or(current, |maximum| current.min(maximum));
    Ok(setrlimit(resource, Rlimit { current: Some(current), maximum })?)
}
