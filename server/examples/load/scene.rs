//! A phone that sends while something is wrong, and the check that nothing acknowledged is lost.

use crate::Outcome;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use sqlx::ConnectOptions;
use sqlx::postgres::PgConnectOptions;
use tests::records::{Maker, form};

/// One phone that sends, and what the server has acknowledged of it.
pub struct Scene {
    pub owner: PgConnectOptions,
    pub node: Machine,
    pub phone: Phone,
    pub maker: Maker,
    pub acknowledged: i64,
}

impl Scene {
    pub async fn open(node: Machine, owner: PgConnectOptions) -> Outcome<Self> {
        let mut office = Office::open(&node).await?;
        office.publish(&form()).await?;
        let user = office.worker("luka").await?;
        let phone = office.phone(&user).await?;
        let maker = Maker::new(phone.device, phone.form.clone(), 3);
        Ok(Self { owner, node, phone, maker, acknowledged: 0 })
    }

    /// Sends records; the status, and whether it said when to come again.
    pub async fn send(&mut self, records: usize) -> Outcome<(u16, bool)> {
        let mut documents = Vec::new();
        for _ in 0..records {
            let (id, _, bytes) = self.maker.record()?;
            documents.push(push(id, bytes));
        }
        let body = self.phone.request(documents);
        let answer = self.phone.send(&body).await?;
        if answer.status == 200 {
            self.acknowledged += records as i64;
        }
        Ok((answer.status, answer.header("retry-after").is_some()))
    }

    /// Sends until something is taken again, for as many tenths of a second.
    pub async fn heals(&mut self, tenths: usize) -> Outcome {
        for _ in 0..tenths {
            if self.send(3).await?.0 == 200 {
                return self.nothing_is_lost().await;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        Err("the server does not heal".into())
    }

    /// What was not acknowledged may be there too; what was has to be.
    pub async fn nothing_is_lost(&self) -> Outcome {
        let there = self.count("SELECT count(*) FROM records").await?;
        assert!(there >= self.acknowledged, "{there} of {}", self.acknowledged);
        let changes = self.count("SELECT count(*) FROM changes").await?;
        assert_eq!(changes, self.count("SELECT seq FROM tenants").await?);
        Ok(())
    }

    async fn count(&self, what: &'static str) -> Outcome<i64> {
        let mut connection = self.owner.connect().await?;
        Ok(sqlx::query_scalar(what).fetch_one(&mut connection).await?)
    }
}
