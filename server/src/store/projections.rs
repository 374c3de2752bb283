//! Writing the projections: one statement per table and batch.

use super::{StoreResult, TenantTx};
use minicbor::{Decode, Encode};
use shared::id::{DeviceId, FormVersionId, RecordId};
use uuid::Uuid;

/// One record's rows. JSON is text here: nothing but Postgres reads it.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ProjectedRecord {
    #[n(0)]
    pub record_id: RecordId,
    #[n(1)]
    pub form_id: String,
    #[n(2)]
    pub form_version: FormVersionId,
    #[n(3)]
    pub kind: String,
    #[n(4)]
    pub household_id: Option<RecordId>,
    #[n(5)]
    pub member_item: Option<String>,
    #[n(6)]
    pub title: String,
    #[n(7)]
    pub village: String,
    #[n(8)]
    pub finished: bool,
    #[n(9)]
    pub review_state: String,
    #[n(10)]
    pub round: i32,
    #[n(11)]
    pub two_answers: i32,
    #[n(12)]
    pub problems: i32,
    #[n(13)]
    pub risk: Option<i32>,
    #[n(14)]
    pub started_at_ms: i64,
    #[n(15)]
    pub updated_at_ms: i64,
    #[n(16)]
    pub search: String,
    /// The number of the last change of this batch that touched the record.
    #[n(17)]
    pub seq: i64,
    /// Answers of each audience.
    #[n(18)]
    pub answers: Vec<(i16, String)>,
    #[n(19)]
    pub problem_list: String,
    #[n(20)]
    pub members: Vec<ProjectedMember>,
    #[n(21)]
    pub needs: Vec<ProjectedNeed>,
}

/// One member of a household.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ProjectedMember {
    #[n(0)]
    pub item_id: String,
    #[n(1)]
    pub position: i32,
    #[n(2)]
    pub name: String,
    #[n(3)]
    pub removed: bool,
    #[n(4)]
    pub answers: String,
}

/// One need.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ProjectedNeed {
    #[n(0)]
    pub code: String,
    #[n(1)]
    pub severity: Option<i32>,
}

/// The rows of one batch, all from one person's device.
#[derive(Debug)]
pub struct ProjectionBatch {
    pub author: Uuid,
    pub device: DeviceId,
    pub now_ms: i64,
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
           $17, $18, t.started_at_ms, t.updated_at_ms, $2, t.seq, t.seq, t.search
    FROM unnest($3::uuid[], $4::text[], $5::bytea[], $6::text[], $7::uuid[], $8::text[], $9::text[],
                $10::text[], $11::boolean[], $12::text[], $13::integer[], $14::integer[],
                $15::integer[], $16::integer[], $19::bigint[], $20::bigint[], $21::bigint[],
                $22::text[])
         AS t (record_id, form_id, form_version, kind, household_id, member_item, title, village,
               finished, review_state, round, two_answers, problems, risk, started_at_ms,
               updated_at_ms, seq, search)
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
    SELECT $1, record_id, audience, answers::jsonb, problems::jsonb
    FROM unnest($2::uuid[], $3::smallint[], $4::text[], $5::text[])
         AS t (record_id, audience, answers, problems)
    ON CONFLICT (tenant_id, record_id, audience)
    DO UPDATE SET answers = excluded.answers, problems = excluded.problems";

const MEMBERS: &str = "
    INSERT INTO members (tenant_id, record_id, item_id, position, name, removed, answers)
    SELECT $1, record_id, item_id, position, name, removed, answers::jsonb
    FROM unnest($2::uuid[], $3::text[], $4::integer[], $5::text[], $6::boolean[], $7::text[])
         AS t (record_id, item_id, position, name, removed, answers)
    ON CONFLICT (tenant_id, record_id, item_id)
    DO UPDATE SET position = excluded.position, name = excluded.name, removed = excluded.removed,
                  answers = excluded.answers";

impl TenantTx {
    /// Replaces the rows of records. Needs their numbers, so it comes after [`TenantTx::take_seq`].
    pub async fn store_record_rows(&mut self, batch: &ProjectionBatch) -> StoreResult<()> {
        let rows = &batch.records;
        macro_rules! column {
            ($row:ident => $value:expr) => {
                rows.iter().map(|$row| $value).collect::<Vec<_>>()
            };
        }
        sqlx::query(RECORDS)
            .bind(self.tenant.0)
            .bind(batch.now_ms)
            .bind(column!(row => uuid(row.record_id)))
            .bind(column!(row => row.form_id.as_str()))
            .bind(column!(row => row.form_version.as_bytes()))
            .bind(column!(row => row.kind.as_str()))
            .bind(column!(row => row.household_id.map(uuid)))
            .bind(column!(row => row.member_item.as_deref()))
            .bind(column!(row => row.title.as_str()))
            .bind(column!(row => row.village.as_str()))
            .bind(column!(row => row.finished))
            .bind(column!(row => row.review_state.as_str()))
            .bind(column!(row => row.round))
            .bind(column!(row => row.two_answers))
            .bind(column!(row => row.problems))
            .bind(column!(row => row.risk))
            .bind(batch.author)
            .bind(batch.device.as_bytes())
            .bind(column!(row => row.started_at_ms))
            .bind(column!(row => row.updated_at_ms))
            .bind(column!(row => row.seq))
            .bind(column!(row => row.search.as_str()))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Replaces answers, members and needs of records.
    pub async fn store_details(&mut self, batch: &ProjectionBatch) -> StoreResult<()> {
        self.store_answer_rows(&batch.records).await?;
        self.store_member_rows(&batch.records).await?;
        self.store_need_rows(&batch.records).await
    }

    async fn store_answer_rows(&mut self, rows: &[ProjectedRecord]) -> StoreResult<()> {
        let flat: Vec<(Uuid, i16, &str, &str)> = rows
            .iter()
            .flat_map(|row| {
                let (id, problems) = (uuid(row.record_id), row.problem_list.as_str());
                row.answers.iter().map(move |row| (id, row.0, row.1.as_str(), problems))
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
            .flat_map(|row| row.members.iter().map(|member| (uuid(row.record_id), member)))
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
            .bind(flat.iter().map(|row| row.1.answers.as_str()).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    async fn store_need_rows(&mut self, rows: &[ProjectedRecord]) -> StoreResult<()> {
        sqlx::query("DELETE FROM needs WHERE record_id = ANY($1)")
            .bind(rows.iter().map(|row| uuid(row.record_id)).collect::<Vec<_>>())
            .execute(&mut *self.tx)
            .await?;
        let flat: Vec<(Uuid, &ProjectedNeed)> = rows
            .iter()
            .flat_map(|row| row.needs.iter().map(|need| (uuid(row.record_id), need)))
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
        .bind(flat.iter().map(|row| row.1.code.as_str()).collect::<Vec<_>>())
        .bind(flat.iter().map(|row| row.1.severity).collect::<Vec<_>>())
        .execute(&mut *self.tx)
        .await?;
        Ok(())
    }
}

fn uuid(id: RecordId) -> Uuid {
    Uuid::from_bytes(id.0)
}
