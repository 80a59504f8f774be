//! `kronos restore` of what another program has dumped: said first what it may do, then loaded into a new
//! database.

use std::path::{Path, PathBuf};

use kronos_engine::engine::LoadOrder;
use kronos_engine::load::LoadPlan;
use kronos_engine::look::Look;
use kronos_engine::{Engine, ErrorCode};

use crate::args::Consent;
use crate::exit::Exit;
use crate::failure::{Failure, Outcome};
use crate::json::Record;
use crate::render;
use crate::session::{Events, Session};
use crate::watch::Stop;

use super::restore::follow;

/// Whether a dump of another program lies at `path`.
pub async fn is_foreign(engine: &Engine, path: &Path) -> Result<bool, Failure> {
    Ok(matches!(engine.look(path.to_owned()).await?, Look::Foreign(_)))
}

/// What is said to somebody who wants a part of it, or wants it to replace something.
pub fn only_whole() -> Failure {
    let why = "A dump of another program replaces nothing: all of it is loaded into a new database";
    let next_step = "Name a new one with `--to`, look at it, and let your programs use that one";
    Failure::new(ErrorCode::NotSupported, why, next_step)
}

pub async fn run(
    session: &Session<'_>,
    (engine, events, stop): (&Engine, &mut Events, &mut Stop),
    path: PathBuf,
    mut order: LoadOrder,
) -> Outcome {
    let output = session.output;
    // What is loaded has to be what the plan speaks of.
    let (_, places) = engine.look_to_load(path.clone()).await?;
    order.seal = places.map(|places| places.seal);
    let plan = engine.load_plan(path.clone(), &order).await?;
    output.json(&Record::Load(&plan));
    output.message(&render::load_plan(&plan, output.message_style()));
    if lacks_consent(&plan, &order) {
        output.message(&render::load_consent(&plan, &order, output.message_style()));
        return Ok(Exit::Usage);
    }
    let run = engine.start_load(path, &order).await?;
    Ok(follow(session, engine, run, events, stop).await)
}

fn lacks_consent(plan: &LoadPlan, order: &LoadOrder) -> bool {
    plan.is_code && !order.allowed.code || plan.is_unlimited && !order.allowed.unlimited
}

impl From<&Consent> for kronos_engine::load::Allowed {
    fn from(consent: &Consent) -> Self {
        Self { code: consent.run_its_code, unlimited: consent.as_superuser }
    }
}
