//! The project's own commands: `cargo xtask --help`.

mod build;
mod tools;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, serve, test and measure Kardakar", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the web app and its service worker into target/site
    BuildApp {
        /// Unoptimised and quick: for looking at a change, not for measuring
        #[arg(long)]
        dev: bool,
    },
    /// Write app/src/i18n/keys.rs from app/locales
    Locale,
}

fn main() {
    if let Err(error) = run(Arguments::parse().command) {
        eprintln!("\nerror: {error:#}");
        std::process::exit(1);
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::BuildApp { dev } => build::build(build::Mode::from_dev(dev)).map(drop),
        Command::Locale => build::locale::write_keys(),
    }
}
