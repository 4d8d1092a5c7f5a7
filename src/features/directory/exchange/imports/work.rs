//! The work on an import: the dry run, and applying it. It goes on behind the pages, in the name of whoever asked for
//! it and under their row security, and the pages show how far it is.

use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use uuid::Uuid;

use super::{Import, store};
use crate::features::access::Viewer;
use crate::features::directory::exchange::plan::{self, Fate, Ground, Plan};
use crate::features::directory::exchange::store as members;
use crate::features::directory::roster::changes::bulk::{self, Bulk};
use crate::features::directory::roster::changes::{self, Actor};
use crate::features::directory::roster::sheet::Sheet;
use crate::features::directory::roster::store::{self as roster, CeptoarFacts};
use crate::kernel::clock::{Clock, japan_day};
use crate::kernel::ids::OrganisationId;
use crate::platform::audit::{self, Event};
use crate::platform::db::{Db, Tx};
use crate::platform::tables::Table;

/// Rows that are kept at a time.
const BATCH: usize = 2000;

/// Two at a time: each holds a whole CEPTOAR in memory.
static TURNS: Semaphore = Semaphore::const_new(2);

/// The work on one import.
#[derive(Debug, Clone)]
pub struct Work {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Clock,
    /// In whose name.
    pub viewer: Viewer,
    /// Their desk.
    pub organisation: OrganisationId,
    /// The request that asked for it.
    pub request_id: String,
    /// The CEPTOAR.
    pub ceptoar_id: String,
    /// The import.
    pub import: Uuid,
    /// This work; another one that takes over has another number.
    pub run: Uuid,
    /// Whether new members are invented.
    pub demonstration: bool,
}

/// A plan and what it was held against.
struct Held {
    plan: Plan,
    sheets: Vec<Sheet>,
    ceptoar: CeptoarFacts,
}

impl Work {
    /// Makes the dry run, behind the pages.
    pub fn check(self) -> JoinHandle<()> {
        tokio::spawn(async move {
            let done = self.checked().await;
            self.ended(done).await;
        })
    }

    /// Applies the import, behind the pages.
    pub fn apply(self) -> JoinHandle<()> {
        tokio::spawn(async move {
            let done = self.applied().await;
            self.ended(done).await;
        })
    }

    async fn ended(&self, done: anyhow::Result<()>) {
        let Err(error) = done else { return };
        tracing::error!(import = %self.import, cause = format!("{error:#}"), "the work on an import failed");
        let failed = async {
            let mut tx = self.begin().await?;
            store::fail(&mut tx, self.import, self.run).await?;
            tx.commit().await
        };
        if let Err(error) = failed.await {
            tracing::warn!(import = %self.import, %error, "a failed import could not be marked");
        }
    }

    async fn begin(&self) -> sqlx::Result<Tx> {
        self.db.begin(Some(self.viewer.account_id), self.clock.now()).await
    }

    /// The dry run.
    ///
    /// # Errors
    /// The database's own.
    pub async fn checked(&self) -> anyhow::Result<()> {
        let _turn = TURNS.acquire().await?;
        let mut tx = self.begin().await?;
        let Some((import, table)) = self.import(&mut tx).await? else { return Ok(()) };
        let Held { plan, .. } = self.held(&mut tx, &import, table, false).await?;
        tx.commit().await?;
        self.keep(&plan, None).await
    }

    async fn import(&self, tx: &mut Tx) -> sqlx::Result<Option<(Import, Table)>> {
        let import = store::find(tx, &self.ceptoar_id, self.import).await?;
        let content = store::content(tx, self.import).await?;
        Ok(import.zip(content))
    }

    async fn held(&self, tx: &mut Tx, import: &Import, table: Table, applies: bool) -> anyhow::Result<Held> {
        let ceptoar = roster::ceptoar(tx, &self.ceptoar_id).await?;
        let ceptoar = ceptoar.ok_or_else(|| anyhow::anyhow!("the CEPTOAR is gone"))?;
        let sheets = members::sheets(tx, &self.ceptoar_id).await?;
        let (today, demonstration) = (japan_day(self.clock.now()), self.demonstration);
        let (day, head, mapping) = (import.effective_on, import.head_row, import.mapping.clone());
        let held = tokio::task::spawn_blocking(move || {
            let ground = Ground { ceptoar: &ceptoar, sheets: &sheets, day, today, demonstration, applies };
            let plan = plan::plan(ground, &table, head, &mapping);
            Held { plan, sheets, ceptoar }
        });
        Ok(held.await?)
    }

    /// Keeps what the rows would become.
    async fn keep(&self, plan: &Plan, remark: Option<&str>) -> anyhow::Result<()> {
        let mut tx = self.begin().await?;
        if !store::beat(&mut tx, self.import, self.run, 0, self.clock.now()).await? {
            return Ok(());
        }
        store::forget_rows(&mut tx, self.import).await?;
        tx.commit().await?;
        let mut done = 0;
        for rows in plan.rows.chunks(BATCH) {
            let mut tx = self.begin().await?;
            done += i32::try_from(rows.len())?;
            if !store::beat(&mut tx, self.import, self.run, done, self.clock.now()).await? {
                return Ok(());
            }
            store::keep_rows(&mut tx, self.import, rows).await?;
            tx.commit().await?;
        }
        let mut tx = self.begin().await?;
        store::checked(&mut tx, self.import, self.run, plan, remark, self.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Applies the import: all of it or nothing, and only what the dry run showed.
    ///
    /// # Errors
    /// The database's own; then nothing was done.
    pub async fn applied(&self) -> anyhow::Result<()> {
        let _turn = TURNS.acquire().await?;
        let now = self.clock.now();
        let mut tx = self.db.begin(Some(self.viewer.account_id), now).await?;
        changes::wait_for_all(&mut tx, &self.ceptoar_id).await?;
        let Some((import, table)) = self.import(&mut tx).await? else { return Ok(()) };
        let held = self.held(&mut tx, &import, table, true).await?;
        let plan = &held.plan;
        if import.plan_hash.as_deref() != Some(&plan.hash()) || plan.count(Fate::Refused) > 0 {
            // Somebody changed what this would change: it is shown again, and nothing is done.
            drop(tx);
            return self.keep(plan, Some("overtaken")).await;
        }
        let bulk = Bulk {
            import: self.import,
            ceptoar_id: &self.ceptoar_id,
            ceptoar: &held.ceptoar,
            reason: "",
            sheets: &held.sheets,
            items: &plan.items,
            joinings: &plan.joinings,
        };
        let actor = Actor { viewer: &self.viewer, organisation: self.organisation, now, request_id: &self.request_id };
        bulk::apply(&mut tx, actor, bulk).await?;
        self.record(&mut tx, &import, plan, now).await?;
        anyhow::ensure!(
            store::settle(&mut tx, self.import, Some(self.run), "applied", now).await?,
            "another work has taken this import over"
        );
        Ok(tx.commit().await?)
    }

    async fn record(
        &self,
        tx: &mut Tx,
        import: &Import,
        plan: &Plan,
        now: chrono::DateTime<chrono::Utc>,
    ) -> sqlx::Result<()> {
        let subject = self.import.to_string();
        let detail = serde_json::json!({
            "ceptoar": self.ceptoar_id, "on": import.effective_on, "new": plan.count(Fate::New),
            "changed": plan.count(Fate::Changed), "unchanged": plan.count(Fate::Unchanged) });
        let event = Event::done(now, "directory.import", "import", &subject)
            .by(self.viewer.account_id)
            .request(&self.request_id)
            .detail(detail);
        audit::record(tx, event).await
    }
}
