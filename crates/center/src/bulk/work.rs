//! The worker of bulk orders: one part after the other, each durable before the next begins, the orders in turns. Holds nothing in
//! memory that a restart would lose, and waits for the store like everybody else.

use std::sync::Arc;
use std::time::Duration;

use api::check::Origin;
use domain::admission::WorkClass;
use domain::bulk::BulkKind;
use domain::check::Verdict;
use store::bulk::work::{Answers, Task};
use store::bulk::{Order, work::Part};
use store::checks::NewCheck;

use super::{checks, lists, numbers};
use crate::app::App;
use crate::trouble::{Refused, stopped};

/// How often it is looked for work that nobody told of: after a start, and after the store took no writes for a while.
const EVERY: Duration = Duration::from_secs(1);

/// Days in which an order whose results are gone is still known as such.
const KNOWN_DAYS: i64 = 400;

/// What a part came to, before it is on the disk.
pub(super) struct Worked {
    pub(super) checks: Vec<NewCheck>,
    pub(super) answers: Answers,
}

/// Works off orders until the center ends.
pub(crate) async fn work_off(app: App) {
    let mut every = tokio::time::interval(EVERY);
    while !app.draining.has_begun() {
        match step(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::select! {
                () = app.bulk.notified() => {}
                _ = app.draining.is_turn(&mut every) => {}
            },
            Err(refused) => {
                let code = &refused.problem().code;
                tracing::error!(problem.code = %code, "a bulk order could not be worked on; it is tried again");
                app.draining.is_turn(&mut every).await;
            }
        }
    }
}

/// Forgets results that were kept long enough.
pub(crate) async fn forget(app: &App) -> Result<(), store::engine::StoreError> {
    let days = i64::from(app.link.results_kept_days.get());
    let before = |days: i64| app.now().plus_seconds(-days * 86_400);
    while !app.draining.has_begun()
        && app
            .engine
            .forget_orders(before(days), before(days + KNOWN_DAYS))
            .await?
    {}
    Ok(())
}

/// Does what is next; false when there is nothing.
async fn step(app: &App) -> Result<bool, Refused> {
    let Some(task) = app.engine.next_task(app.now())? else {
        return Ok(false);
    };
    // Parts of orders come behind all that somebody waits for.
    let _place = app.gate.enter_in_time(WorkClass::Bulk).await;
    if app.draining.has_begun() {
        // Left to the next process.
        return Ok(true);
    }
    let Some(task) = app.engine.take_task(task, app.now()).await? else {
        // Another process works on it: this one looks for something else.
        return Ok(true);
    };
    let order = task.order().clone();
    let worked = work(app, task).await;
    if worked.is_err() {
        // The orders of others do not wait for it.
        app.engine.postpone(&order, app.now()).await?;
    }
    worked.map(|()| true)
}

async fn work(app: &App, task: Task) -> Result<(), Refused> {
    match task {
        Task::List(order) => lists::fill(app, &order).await?,
        Task::Part(order, part) => {
            let work = of_part(app, order, part);
            app.traces.of_bulk_part(work).await?;
        }
    }
    Ok(())
}

async fn of_part(app: &App, order: Order, part: Part) -> Result<(), Refused> {
    match order.kind {
        BulkKind::Checks => by_checks(app, order, part, checks::work).await,
        BulkKind::ReferenceNumbers => numbers::work(app, &order, &part).await,
        BulkKind::MedicalAid | BulkKind::HomeVisits | BulkKind::RemoteCare => {
            by_checks(app, order, part, lists::work).await
        }
    }
}

/// Works a part off whose lines are checks: looked up and signed off the threads that answer requests.
async fn by_checks(
    app: &App,
    order: Order,
    part: Part,
    work: fn(&App, &Order, &[u8]) -> Result<Worked, Refused>,
) -> Result<(), Refused> {
    let (order, part) = (Arc::new(order), Arc::new(part));
    let mine = (app.clone(), Arc::clone(&order), Arc::clone(&part));
    let carried = traces::carried();
    let worked = tokio::task::spawn_blocking(move || {
        carried.during(|| work(&mine.0, &mine.1, &mine.2.content))
    });
    let worked = worked
        .await
        .map_err(stopped("the work on a part stopped"))??;
    let verdicts: Vec<Verdict> = worked.checks.iter().map(|check| check.verdict).collect();
    let done = app
        .engine
        .finish_checks(&order, &part, worked.checks, worked.answers, app.now())
        .await?;
    if done != store::bulk::work::Worked::Before {
        for verdict in verdicts {
            app.metrics.count_check(verdict, Origin::Bulk);
        }
    }
    Ok(())
}
