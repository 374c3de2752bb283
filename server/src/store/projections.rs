//! Writing the projections: one statement per table and batch.

use super::{StoreResult, TenantTx};
use serde_json::Value;
use uuid::Uuid;

/// One record's rows.
#[derive(Debug, Clone)]
pub struct ProjectedRecord {
    pub record_id: Uuid,
    pub form_id: String,
    pub form_version: Vec<u8>,
    pub kind: String,
    pub household_id: Option<Uuid>,
    pub member_item: Option<String>,
    pub title: String,
    pub village: String,
    pub finished: bool,
    pub review_state: String,
    pub round: i32,
    pub two_answers: i32,
    pub problems: i32,
    pub risk: Option<i32>,
    pub author_id: Option<Uuid>,
    pub device_id: Option<Vec<u8>>,
    pub started_at_ms: i64,
    pub updated_at_ms: i64,
    pub search: String,
    /// The number of the last change of this batch that touched the record.
    pub seq: i64,
    /// Answers of each audience.
    pub answers: Vec<(i16, Value)>,
    pub problem_list: Value,
    pub members: Vec<ProjectedMember>,
    pub needs: Vec<(String, Option<i32>)>,
}

/// One member of a household.
#[derive(Debug, Clone)]
pub struct ProjectedMember {
    pub item_id: String,
    pub position: i32,
    pub name: String,
    pub removed: bool,
    pub answers: Value,
}

/// The rows of one sync batch.
#[derive(Debug, Default)]
pub struct ProjectionBatch {
    pub records: Vec<ProjectedRecord>,
}

// Who began a record and when stays as it was first seen.
const RECORDS: &str = "
    INSERT INTO records AS r
      (tenant_id, record_id, form_id, form_version, kind, household_id, member_item, title, village,
       finished, review_state, round, two_answers, problems, risk, author_id, device_id,
       started_at_ms, updated_at_ms, received_at_ms, seq, placed_seq, search)
    SELECT $1, t.record_id, t.form_id, t.form_version, t.kind, t.household_id, t.member_item, t.title,
           t.village, t.finished, t.review_state, t.round, t.two_answers, t.problems, t.risk,
           t.author_id, t.device_id, t.started_at_ms, t.updated_at_ms, $2, t.seq, t.seq, t.search
    FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::uuid[], $8::text[], $9::text[],
                $10::text[], $11::boolean[], $12::text[], $13::integer[], $14::integer[],
                $15::integer[], $16::integer[], $17::uuid[], $18::bytea[], $19::bigint[],
                $20::bigint[], $21::bigint[], $22::text[])
         AS t (record_id, form_id, form_version, kind, household_id, member_item, title, village,
               finished, review_state, round, two_answers, problems, risk, author_id, device_id,
               started_at_ms, updated_at_ms, seq, search)
    ON CONFLICT (tenant_id, record_id) DO UPDATE SET
        form_id = excluded.form_id, form_version = excluded.form_version, kind = excluded.kind,
        household_id = excluded.household_id, member_item = excluded.member_item,
        title = excluded.title, village = excluded.village, finished = excluded.finished,
        review_state = excluded.review_state, round = excluded.round,
        two_answers = excluded.two_answers, problems = excluded.problems, risk = excluded.risk,
        updated_at_ms = excluded.updated_at_ms, received_at_ms = excluded.received_at_ms,
        seq = excluded.seq, search = excluded.search,
        placed_seq = CASE WHEN r.village = excluded.village THEN r.placed_seq
                          ELSE excluded.placed_seq END";

const ANSWERS: &str = "
    INSERT INTO record_answers (tenant_id, record_id, audience, answers, problems)
    SELECT $1, t.* FROM unnest($2::uuid[], $3::smallint[], $4::jsonb[], $5::jsonb[]) AS t
    ON CONFLICT (tenant_id, record_id, audience)
    DO UPDATE SET answers = excluded.answers, problems = excluded.problems";

const MEMBERS: &str = "
    INSERT INTO members (tenant_id, record_id, item_id, position, name, removed, answers)
    SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::boolean[],
                               $7::jsonb[]) AS t
    ON CONFLICT (tenant_id, record_id, item_id)
    DO UPDATE SET position = excluded.position, name = excluded.name, removed = excluded.removed,
                  answers = excluded.answers";

impl TenantTx {
    /// Replaces the rows of these records.
    pub async fn store_projections(
        &mut self,
        batch: &ProjectionBatch,
        now_ms: i64,
    ) -> StoreResult<()> {
        self.store_record_rows(&batch.records, now_ms).await?;
        self.store_answer_rows(&batch.records).await?;
        self.store_member_rows(&batch.records).await?;
        self.store_need_rows(&batch.records).await
    }

    async fn store_record_rows(
        &mut self,
        rows: &[ProjectedRecord],
        now_ms: i64,
    ) -> StoreResult<()> {
        macro_rules! column {
            ($row:ident => $value:expr) => {
                rows.iter().map(|$row| $value).collect::<Vec<_>>()
            };
        }
        sqlx::query(RECORDS)
            .bind(self.tenant.0)
            .bind(now_ms)
            .bind(column!(row => row.record_id))
            .bind(column!(row => row.form_id.as_str()))
            .bind(column!(row => row.form_version.as_slice()))
            .bind(column!(row => row.kind.as_str()))
            .bind(column!(row => row.household_id))
            .bind(column!(row => row.member_item.as_deref()))
            .bind(column!(row => row.title.as_str()))
            .bind(column!(row => row.village.as_str()))
            .bind(column!(row => row.finished))
            .bind(column!(row => row.review_state.as_str()))
            .bind(column!(row => row.round))
            .bind(column!(row => row.two_answers))
            .bind(column!(row => row.problems))
            .bind(column!(row => row.risk))
            .bind(column!(row => row.author_id))
            .bind(column!(row => row.device_id.as_deref()))
            .bind(column!(row => row.started_at_ms))
            .bind(column!(row => row.updated_at_ms))
            .bind(column!(row => row.seq))
            .bind(column!(row => row.search.as_str()))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    async fn store_answer_rows(&mut self, rows: &[ProjectedRecord]) -> StoreResult<()> {
        let flat: Vec<(Uuid, i16, &Value, &Value)> = rows
            .iter()
            .flat_map(|row| {
                let one =
                    |(audience, answers)| (row.record_id, audience, answers, &row.problem_list);
                row.answers.iter().map(|(audience, answers)| (*audience, answers)).map(one)
            })
            .collect();
        sqlx::query(ANSWERS)
            .bind(self.tenant.0)
            .bind(flat.iter().map(|row| row.0).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.1).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.2).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.3).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    async fn store_member_rows(&mut self, rows: &[ProjectedRecord]) -> StoreResult<()> {
        let flat: Vec<(Uuid, &ProjectedMember)> = rows
            .iter()
            .flat_map(|row| row.members.iter().map(|member| (row.record_id, member)))
            .collect();
        if flat.is_empty() {
            return Ok(());
        }
        sqlx::query(MEMBERS)
            .bind(self.tenant.0)
            .bind(flat.iter().map(|row| row.0).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.1.item_id.as_str()).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.1.position).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.1.name.as_str()).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| row.1.removed).collect::<Vec<_>>())
            .bind(flat.iter().map(|row| &row.1.answers).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    async fn store_need_rows(&mut self, rows: &[ProjectedRecord]) -> StoreResult<()> {
        sqlx::query("DELETE FROM needs WHERE record_id = ANY($1)")
            .bind(rows.iter().map(|row| row.record_id).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        let flat: Vec<(Uuid, &(String, Option<i32>))> = rows
            .iter()
            .flat_map(|row| row.needs.iter().map(|need| (row.record_id, need)))
            .collect();
        if flat.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO needs (tenant_id, record_id, code, severity)
             SELECT $1, t.* FROM unnest($2::uuid[], $3::text[], $4::integer[]) AS t
             ON CONFLICT (tenant_id, record_id, code) DO NOTHING",
        )
        .bind(self.tenant.0)
        .bind(flat.iter().map(|row| row.0).collect::<Vec<_>>())
        .bind(flat.iter().map(|row| row.1.0.as_str()).collect::<Vec<_>>())
        .bind(flat.iter().map(|row| row.1.1).collect::<Vec<_>>())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}
