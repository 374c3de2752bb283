//! `kardakar user`.

use super::{CommandError, Data, database};
use clap::{Args, Subcommand};
use server::auth::password::Passwords;
use server::auth::token::Token;
use server::state::system_clock;
use server::store::{NewUser, Store, TenantId};
use shared::policy::Role;
use std::io::BufRead;
use uuid::Uuid;

/// What can be done with people.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a person. Stop the server first, unless DATABASE_URL is set.
    Add(Add),
}

/// A person to be added.
#[derive(Debug, Args)]
pub struct Add {
    #[command(flatten)]
    data: Data,
    /// The name to sign in with.
    login: String,
    /// The person's name.
    #[arg(long)]
    name: String,
    /// worker, reviewer or administrator.
    #[arg(long, default_value = "worker")]
    role: String,
    /// The municipality's short name, when there are several.
    #[arg(long)]
    municipality: Option<String>,
    /// Read the password from standard input; otherwise a set-up link is printed.
    #[arg(long)]
    password_stdin: bool,
}

/// Runs the command.
pub async fn run(user: User) -> Result<(), CommandError> {
    let User::Add(add) = user;
    let database = database::open(&add.data).await?;
    let outcome = add_user(&database.store, &add).await;
    database.close().await;
    outcome
}

async fn add_user(store: &Store, add: &Add) -> Result<(), CommandError> {
    let other = |error: server::error::ApiError| CommandError::Other(error.to_string());
    let role = Role::from_name(&add.role).ok_or_else(|| {
        CommandError::Other("--role: one of worker, reviewer, administrator".to_owned())
    })?;
    let login = server::http::users::check_login(&add.login).map_err(other)?;
    let name = server::http::users::check_name(&add.name).map_err(other)?;
    let tenant = find_tenant(store, add.municipality.as_deref()).await?;
    let hash = match add.password_stdin {
        true => {
            let mut password = String::new();
            std::io::stdin().lock().read_line(&mut password)?;
            let password = password.trim_end_matches(['\r', '\n']);
            server::auth::password::check(password).map_err(other)?;
            Some(Passwords::default().hash(password).await.map_err(other)?)
        }
        false => None,
    };
    let now_ms = system_clock()();
    let user_id = Uuid::from_bytes(rand::random());
    let mut tx = store.begin(tenant).await?;
    tx.create_user(&NewUser {
        user_id,
        login: &login,
        name: &name,
        role: role.name(),
        password_hash: hash.as_deref(),
        villages: &[],
        now_ms,
    })
    .await?;
    let mut link = None;
    if hash.is_none() {
        let token = Token::new(tenant);
        let until_ms = now_ms + server::http::users::SETUP_LINK_MS;
        tx.create_setup_token(&token.hash(), Some(user_id), now_ms, until_ms).await?;
        link = Some(token);
    }
    tx.commit().await?;
    println!("Added {login} ({}).", role.name());
    if let Some(token) = link {
        println!("To choose a password, within 7 days: /setup#{token}");
    }
    Ok(())
}

/// The municipality named, or the only one.
pub async fn find_tenant(store: &Store, slug: Option<&str>) -> Result<TenantId, CommandError> {
    let other = |text: String| CommandError::Other(text);
    if let Some(slug) = slug {
        let found = store.tenant_by_slug(slug).await?;
        return found.ok_or_else(|| other(format!("there is no municipality {slug}")));
    }
    match store.tenants().await?.as_slice() {
        [only] => Ok(*only),
        [] => Err(other("there is no municipality yet; start the server once".to_owned())),
        _ => Err(other("there are several municipalities; name one by --municipality".to_owned())),
    }
}
