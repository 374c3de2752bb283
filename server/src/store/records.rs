//! Reading the projections: the office's list and what a record page needs beside its documents.

use super::{StoreResult, TenantTx};
use serde_json::Value;
use sqlx::FromRow;
use uuid::Uuid;

/// One record in a list.
#[derive(Debug, Clone, FromRow)]
pub struct RecordRow {
    pub record_id: Uuid,
    pub form_id: String,
    pub form_version: Vec<u8>,
    pub kind: String,
    pub household_id: Option<Uuid>,
    pub member_item: Option<String>,
    pub title: String,
    /// The title of the household that a child survey belongs to.
    pub family: Option<String>,
    pub village: String,
    pub finished: bool,
    pub review_state: String,
    pub round: i32,
    pub two_answers: i32,
    pub problems: i32,
    pub risk: Option<i32>,
    pub author_id: Option<Uuid>,
    pub author_name: Option<String>,
    pub device_id: Option<Vec<u8>>,
    pub device_label: Option<String>,
    pub started_at_ms: i64,
    pub updated_at_ms: i64,
    pub received_at_ms: i64,
}

/// How a list is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Updated,
    Title,
    Village,
}

/// What a list shows. Empty texts and lists filter nothing.
#[derive(Debug, Clone, Default)]
pub struct RecordFilter {
    /// Folded words, all of which must occur.
    pub words: Vec<String>,
    pub form_id: String,
    /// Review states, with commas between.
    pub state: String,
    pub village: String,
    pub household: Option<Uuid>,
    pub two_answers: bool,
    pub sort: Sort,
    pub limit: i64,
    pub offset: i64,
}

/// How many records each choice of a filter would show.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    pub state: Vec<(String, i64)>,
    pub forms: Vec<(String, i64)>,
    pub villages: Vec<(String, i64)>,
    pub two_answers: i64,
}

macro_rules! columns {
    () => {
        "SELECT r.record_id, r.form_id, r.form_version, r.kind, r.household_id, r.member_item, r.title,
                (SELECT f.title FROM records f
                 WHERE f.tenant_id = r.tenant_id AND f.record_id = r.household_id) AS family,
                r.village, r.finished, r.review_state, r.round, r.two_answers, r.problems, r.risk,
                r.author_id, u.name AS author_name, r.device_id, d.label AS device_label,
                r.started_at_ms, r.updated_at_ms, r.received_at_ms
         FROM records r
         LEFT JOIN users u ON u.tenant_id = r.tenant_id AND u.user_id = r.author_id
         LEFT JOIN devices d ON d.tenant_id = r.tenant_id AND d.device_id = r.device_id "
    };
}

macro_rules! filter {
    () => {
        "WHERE ($1 = '' OR r.form_id = $1)
           AND ($2 = '' OR r.review_state = ANY (string_to_array($2, ',')))
           AND ($3 = '' OR r.village = $3)
           AND ($4::uuid IS NULL OR r.household_id = $4)
           AND (NOT $5 OR r.two_answers > 0)
           AND r.search LIKE ALL ($6::text[]) "
    };
}

const PAGE: &str = concat!(
    columns!(),
    filter!(),
    "ORDER BY CASE $7 WHEN 'title' THEN r.title WHEN 'village' THEN r.village END,
              r.updated_at_ms DESC, r.record_id LIMIT $8 OFFSET $9"
);
const TOTAL: &str = concat!("SELECT count(*) FROM records r ", filter!());
const ONE: &str = concat!(columns!(), "WHERE r.record_id = $1");
const CHILDREN: &str =
    concat!(columns!(), "WHERE r.household_id = $1 ORDER BY r.started_at_ms, r.record_id");

/// One `LIKE` pattern per word. Folded words hold letters and digits only, so nothing needs escaping.
fn patterns(words: &[String]) -> Vec<String> {
    words.iter().map(|word| format!("%{word}%")).collect()
}

impl TenantTx {
    /// One page of the list and the number of all records that fit.
    pub async fn list_records(
        &mut self,
        filter: &RecordFilter,
    ) -> StoreResult<(Vec<RecordRow>, i64)> {
        let patterns = patterns(&filter.words);
        let sort = match filter.sort {
            Sort::Updated => "updated",
            Sort::Title => "title",
            Sort::Village => "village",
        };
        let rows = sqlx::query_as(PAGE)
            .bind(&filter.form_id)
            .bind(&filter.state)
            .bind(&filter.village)
            .bind(filter.household)
            .bind(filter.two_answers)
            .bind(&patterns)
            .bind(sort)
            .bind(filter.limit)
            .bind(filter.offset)
            .fetch_all(&mut *self.tx)
            .await?;
        let total = sqlx::query_scalar(TOTAL)
            .bind(&filter.form_id)
            .bind(&filter.state)
            .bind(&filter.village)
            .bind(filter.household)
            .bind(filter.two_answers)
            .bind(&patterns)
            .fetch_one(&mut *self.tx)
            .await?;
        Ok((rows, total))
    }

    /// The numbers beside the filters, among the records whose search text has all words.
    pub async fn count_records(&mut self, words: &[String]) -> StoreResult<Counts> {
        let rows: Vec<(i32, Option<String>, i64)> = sqlx::query_as(
            "SELECT GROUPING(state, form_id, village, two), COALESCE(state, form_id, village), count(*)
             FROM (SELECT review_state AS state, form_id, village, two_answers > 0 AS two
                   FROM records WHERE search LIKE ALL ($1::text[])) r
             GROUP BY GROUPING SETS ((state), (form_id), (village), (two))
             HAVING GROUPING(two) = 1 OR two ORDER BY 2",
        )
        .bind(patterns(words))
        .fetch_all(&mut *self.tx)
        .await?;
        let mut counts = Counts::default();
        for (grouping, name, count) in rows {
            let name = name.unwrap_or_default();
            match grouping {
                0b0111 => counts.state.push((name, count)),
                0b1011 => counts.forms.push((name, count)),
                0b1101 => counts.villages.push((name, count)),
                _ => counts.two_answers = count,
            }
        }
        Ok(counts)
    }

    /// One record of the list.
    pub async fn record(&mut self, record: Uuid) -> StoreResult<Option<RecordRow>> {
        Ok(sqlx::query_as(ONE).bind(record).fetch_optional(&mut *self.tx).await?)
    }

    /// The child surveys of a household.
    pub async fn children_of(&mut self, household: Uuid) -> StoreResult<Vec<RecordRow>> {
        Ok(sqlx::query_as(CHILDREN).bind(household).fetch_all(&mut *self.tx).await?)
    }

    /// The members of a household, those who left among them: item id and answers.
    pub async fn roster(&mut self, household: Uuid) -> StoreResult<Vec<(String, Value)>> {
        let rows = sqlx::query_as(
            "SELECT item_id, answers FROM members WHERE record_id = $1
             AND (NOT removed OR answers ? '_left') ORDER BY position, item_id",
        )
        .bind(household)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// The members of several households, those who left among them: household, item id and answers.
    pub async fn rosters(
        &mut self,
        households: &[Uuid],
    ) -> StoreResult<Vec<(Uuid, String, Value)>> {
        let rows = sqlx::query_as(
            "SELECT record_id, item_id, answers FROM members
             WHERE record_id = ANY($1) AND (NOT removed OR answers ? '_left') ORDER BY record_id, position, item_id",
        )
        .bind(households)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }

    /// Records with their answers, by id, for the export: those after `after`, at most `limit`.
    pub async fn export_page(
        &mut self,
        after: Option<Uuid>,
        limit: i64,
    ) -> StoreResult<Vec<(Uuid, Value)>> {
        let rows = sqlx::query_as(
            "SELECT r.record_id,
                    (to_jsonb(r) - 'tenant_id' - 'search' - 'record_id')
                    || jsonb_build_object('answers', COALESCE(a.answers, '{}'::jsonb))
             FROM records r
             LEFT JOIN record_answers a ON a.tenant_id = r.tenant_id
                   AND a.record_id = r.record_id AND a.audience = 0
             WHERE $1::uuid IS NULL OR r.record_id > $1 ORDER BY r.record_id LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&mut *self.tx)
        .await?;
        Ok(rows)
    }
}
