//! How long an honest phone and the office wait, whatever else the server has to do.

use crate::Outcome;
use crate::http::Connection;
use crate::machine::Machine;
use crate::office::{Office, Phone, push};
use serde_json::json;
use std::time::Instant;
use tests::records::Maker;

/// How many honest requests are timed.
const TIMED: usize = 60;

/// Milliseconds, ascending.
pub struct Latencies {
    sync: Vec<f64>,
    list: Vec<f64>,
}

impl Latencies {
    /// One record up, everything that is new down, and the office's list after it.
    pub async fn take(
        machine: &Machine,
        office: &Office,
        phone: &mut Phone,
        maker: &mut Maker,
    ) -> Outcome<Self> {
        let mut found = Self { sync: Vec::new(), list: Vec::new() };
        let mut page = Connection::new(machine.address);
        for _ in 0..TIMED {
            let (id, _, bytes) = maker.record()?;
            let body = phone.request(vec![push(id, bytes)]);
            let begun = Instant::now();
            phone.sync(&body).await?;
            found.sync.push(begun.elapsed().as_secs_f64() * 1000.0);
            let begun = Instant::now();
            let headers = [("cookie", office.cookie.as_str())];
            let answer = page.send("GET", "/api/records", &headers, b"").await?;
            if answer.status != 200 {
                return Err(format!("the list: {}", answer.status).into());
            }
            found.list.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        found.sync.sort_by(f64::total_cmp);
        found.list.sort_by(f64::total_cmp);
        Ok(found)
    }

    fn at(of: &[f64], part: f64) -> f64 {
        let place = (of.len() as f64 * part) as usize;
        of.get(place.min(of.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    pub fn all(&self) -> [f64; 4] {
        let (sync, list) = (&self.sync, &self.list);
        [Self::at(sync, 0.5), Self::at(sync, 0.99), Self::at(list, 0.5), Self::at(list, 0.99)]
    }

    /// The line above the figures.
    pub fn head() {
        println!(
            "{:<24}{:>10}{:>10}{:>12}{:>12}",
            "", "sync p50", "sync p99", "list p50", "list p99"
        );
    }

    pub fn print(&self, name: &str) {
        let [a, b, c, d] = self.all();
        println!("{name:<24}{a:>10.0}{b:>10.0}{c:>12.0}{d:>12.0}");
    }

    pub fn json(&self) -> serde_json::Value {
        let [a, b, c, d] = self.all();
        json!({ "sync_p50_ms": a, "sync_p99_ms": b, "list_p50_ms": c, "list_p99_ms": d })
    }
}
