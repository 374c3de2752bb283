//! The project's own commands: `cargo xtask --help`.

mod bench;
mod build;
mod ci;
mod postgres;
mod serve;
mod test;
mod tidy;
mod tools;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Build, serve, test and measure Kardakar")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up what is missing, build the app and start the server
    Serve(serve::Options),
    /// Run every test: unit, simulation, Postgres, browser
    Test(test::Options),
    /// Benchmarks; `size` measures the phone's first visit
    Bench {
        /// Which one; all of them without a name
        name: Option<String>,
        /// How many records or devices, for `ingest`, `growth` and `devices`
        count: Option<usize>,
    },
    /// The simulation of devices and a server; a failure prints the seed that replays it
    Sim {
        /// Handed on: `--seeds N` plays N seeds, `--seed N` replays one
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// What a change must pass: format, lints, tidiness, then every test
    Ci(test::Options),
    /// Format, lints and tidiness, without the tests
    Lint,
    /// Build the web app and its service worker into target/site
    BuildApp {
        /// Unoptimised and quick: for looking at a change, not for measuring
        #[arg(long)]
        dev: bool,
    },
    /// Build the statements about the device's store for the browser tests
    BuildConformance {
        /// Unoptimised and quick
        #[arg(long)]
        dev: bool,
    },
    /// Write app/src/i18n/keys.rs from app/locales
    Locale,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    match command {
        Command::Serve(options) => return serve::serve(&options),
        Command::Test(options) => test::test(&options)?,
        Command::Bench { name, count } => bench::bench(name.as_deref(), count)?,
        Command::Sim { arguments } => bench::simulate(&arguments)?,
        Command::Ci(options) => {
            ci::lint()?;
            test::test(&options)?;
        }
        Command::Lint => ci::lint()?,
        Command::BuildApp { dev } => drop(build::build(build::Mode::from_dev(dev))?),
        Command::BuildConformance { dev } => build::conformance::build(build::Mode::from_dev(dev))?,
        Command::Locale => build::locale::write_keys()?,
    }
    Ok(ExitCode::SUCCESS)
}
