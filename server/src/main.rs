//! The binary `kardakar`.

mod cli;

use clap::Parser;
use std::process::ExitCode;

/// Also of the worker processes, whose time goes into small allocations: a merge costs a tenth less than
/// with the system's (`cargo xtask bench merge`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(cli::Arguments::parse())
}
