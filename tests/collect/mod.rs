//! Fetching from real sockets and real folders that misbehave.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

mod bearing;
mod ees;
mod folder;
mod hosts;
mod http;
mod limits;
mod oauth;
mod page;
mod server;
mod tls;

use std::convert::Infallible;

use quarterdeck::collect::http::{Asked, Round, fetch_all};
use quarterdeck::collect::{Answered, CollectError, Outcome, Received, Wanted};
use quarterdeck::config::settings::{HttpSource, Limits, Login, PrivateAddresses};
use quarterdeck::domain::authority::AuthorityCode;
use quarterdeck::domain::quarter::Quarter;

const CSV: &str = "authority,indicator,quarter,value\nE06000022,cin-rate,2017-18 Q2,320.5\n";

fn source(url: String) -> HttpSource {
    HttpSource {
        url,
        login: Login::None,
        ca_file: None,
        proxy: None,
        redirect_hosts: Vec::new(),
        private_addresses: PrivateAddresses::Allowed,
    }
}

fn limits() -> Limits {
    Limits {
        file_bytes_max: 100_000,
        unpacked_bytes_max: 1_000_000,
        rows_max: 1000,
        columns_max: 100,
        field_chars_max: 1000,
        connect_seconds: 1,
        fetch_seconds: 8,
        fetches_at_once: 4,
        run_seconds: 60,
        run_mebibytes: 8192,
        database_mebibytes: 256,
        worker_mebibytes: 1024,
        worker_seconds: 5,
        result_rows_max: 100,
    }
}

fn wanted(code: &str) -> Wanted {
    Wanted {
        authority: Some(AuthorityCode::parse(code).unwrap()),
        dfe_number: Some("800".to_owned()),
        quarter: Quarter::of(2017, 2),
        ..Wanted::default()
    }
}

/// The outcomes, in the order of `wanted`.
fn fetch_many(
    source: &HttpSource,
    limits: &Limits,
    wanted: Vec<Wanted>,
) -> Result<Vec<Outcome>, CollectError> {
    let asked = wanted.clone();
    let mut done = ask(Round { source: Asked::Files(source), wanted }, limits)?;
    let mut outcome_of = |wanted: &Wanted| {
        let place = done.iter().position(|one| &one.wanted == wanted).unwrap();
        done.remove(place).outcome
    };
    Ok(asked.iter().map(&mut outcome_of).collect())
}

fn ask(round: Round<'_>, limits: &Limits) -> Result<Vec<Answered>, CollectError> {
    ask_all(vec![round], limits).remove(0)
}

fn ask_all(rounds: Vec<Round<'_>>, limits: &Limits) -> Vec<Result<Vec<Answered>, CollectError>> {
    // A second test in this binary finds the provider installed already.
    let _installed = rustls::crypto::ring::default_provider().install_default().is_ok();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut heard: Vec<Vec<Answered>> = rounds.iter().map(|_| Vec::new()).collect();
    let mut on_answer = |round: usize, answered| -> Result<(), Infallible> {
        heard[round].push(answered);
        Ok(())
    };
    let Ok(ended) = runtime.block_on(fetch_all(rounds, limits, &mut on_answer));
    ended.into_iter().zip(heard).map(|(ended, heard)| ended.map(|()| heard)).collect()
}

fn fetch(source: &HttpSource, limits: &Limits) -> Outcome {
    fetch_many(source, limits, vec![wanted("E06000022")]).unwrap().remove(0)
}

fn received(outcome: Outcome) -> Received {
    match outcome {
        Outcome::Received(received) => received,
        other => panic!("{other:?}"),
    }
}

fn reason(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { reason }
        | Outcome::Untried { reason }
        | Outcome::Barred { reason }
        | Outcome::Refused { reason, .. } => reason.clone(),
        other => panic!("{other:?}"),
    }
}
