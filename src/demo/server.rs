//! The synthetic returns behind loopback HTTP, as of a pretended instant.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::get;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

use crate::demo::publication::{Publication, quarter_in_names};

/// A running server. It stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shelf: Arc<Shelf>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What was asked of the server so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Answers with a file.
    pub fetched: u64,
    /// Answers that nothing changed.
    pub unchanged: u64,
    /// Answers that it is not there yet.
    pub not_there_yet: u64,
}

impl Server {
    /// Serves these publications on a free port of 127.0.0.1 to whoever bears the token.
    ///
    /// Works in a thread of its own, so it may be started from async code and from plain code.
    ///
    /// # Errors
    /// When no port can be opened or no thread started.
    pub fn start(publications: Vec<Publication>, token: &str, now: DateTime<Utc>) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let shelf = Arc::new(Shelf::new(publications, token, now));
        let router =
            Router::new().route("/{quarter}/{authority}", get(answer)).with_state(Arc::clone(&shelf));
        let (stop, stopped) = oneshot::channel::<()>();
        let serve = async move {
            let stopped = async move {
                // An error means that the sender is gone, which is the same as being told to stop.
                stopped.await.unwrap_or_default();
            };
            let listener = TcpListener::from_std(listener)?;
            axum::serve(listener, router).with_graceful_shutdown(stopped).await
        };
        let thread = thread::Builder::new().name("demo-server".to_owned()).spawn(move || {
            if let Err(error) = runtime.block_on(serve) {
                tracing::error!(%error, "the demonstration's server stopped");
            }
        })?;
        Ok(Self { address, shelf, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a return, for the configuration, with `{quarter}` and `{authority}` in it.
    #[must_use]
    pub fn url_template(&self) -> String {
        format!("http://{}/{{quarter}}/{{authority}}", self.address)
    }

    /// Moves the pretended instant: what is published up to it can be fetched.
    pub fn pretend(&self, now: DateTime<Utc>) {
        self.shelf.now.store(now.timestamp(), Ordering::SeqCst);
    }

    /// What was asked so far.
    #[must_use]
    pub fn asked(&self) -> Asked {
        let count = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Asked {
            fetched: count(&self.shelf.fetched),
            unchanged: count(&self.shelf.unchanged),
            not_there_yet: count(&self.shelf.not_there_yet),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Nobody listens when the server has already failed, and then there is nothing to stop.
            stop.send(()).unwrap_or_default();
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the demonstration's server panicked");
        }
    }
}

#[derive(Debug)]
struct Shelf {
    /// By quarter and authority as they stand in an address; the versions by instant.
    files: BTreeMap<(String, String), Vec<Publication>>,
    bearer: String,
    now: AtomicI64,
    fetched: AtomicU64,
    unchanged: AtomicU64,
    not_there_yet: AtomicU64,
}

impl Shelf {
    fn new(publications: Vec<Publication>, token: &str, now: DateTime<Utc>) -> Self {
        let mut files: BTreeMap<_, Vec<Publication>> = BTreeMap::new();
        for publication in publications {
            let place = (quarter_in_names(publication.quarter), publication.authority.to_string());
            files.entry(place).or_default().push(publication);
        }
        for versions in files.values_mut() {
            versions.sort_by_key(|publication| publication.at);
        }
        Self {
            files,
            bearer: format!("Bearer {token}"),
            now: AtomicI64::new(now.timestamp()),
            fetched: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
            not_there_yet: AtomicU64::new(0),
        }
    }

    /// The latest version that can be fetched at the pretended instant.
    fn visible(&self, quarter: String, authority: String) -> Option<&Publication> {
        let now = self.now.load(Ordering::SeqCst);
        let mut versions = self.files.get(&(quarter, authority))?.iter();
        versions.rfind(|publication| publication.at.timestamp() <= now)
    }
}

async fn answer(
    State(shelf): State<Arc<Shelf>>,
    Path((quarter, authority)): Path<(String, String)>,
    asked: HeaderMap,
) -> Result<Response<Body>, StatusCode> {
    let sent = |name| asked.get(name).and_then(|value| value.to_str().ok());
    if sent(header::AUTHORIZATION) != Some(shelf.bearer.as_str()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    let Some(publication) = shelf.visible(quarter, authority) else {
        shelf.not_there_yet.fetch_add(1, Ordering::SeqCst);
        return Err(StatusCode::NOT_FOUND);
    };
    let tag = entity_tag(publication);
    let known = sent(header::IF_NONE_MATCH).is_some_and(|known| known.split(", ").any(|one| one == tag));
    let (status, counter, body) = if known {
        (StatusCode::NOT_MODIFIED, &shelf.unchanged, Body::empty())
    } else {
        (StatusCode::OK, &shelf.fetched, Body::from(publication.bytes.clone()))
    };
    counter.fetch_add(1, Ordering::SeqCst);
    respond(publication, status, &tag, body)
}

fn respond(
    publication: &Publication,
    status: StatusCode,
    tag: &str,
    body: Body,
) -> Result<Response<Body>, StatusCode> {
    let changed = publication.at.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let file = format!("attachment; filename=\"{}\"", publication.file_name);
    Response::builder()
        .status(status)
        .header(header::ETAG, tag)
        .header(header::LAST_MODIFIED, changed)
        .header(header::CONTENT_TYPE, publication.form.media_type())
        .header(header::CONTENT_DISPOSITION, file)
        .body(body)
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn entity_tag(publication: &Publication) -> String {
    let sum = Sha256::digest(&publication.bytes);
    let head = sum.iter().take(8).fold(0_u64, |head, byte| (head << 8) | u64::from(*byte));
    format!("\"{head:016x}\"")
}
