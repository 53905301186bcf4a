//! Whose turn it is: one request at a time for each host, whichever source leads there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;
use url::Url;

/// The hosts that were asked in one run. A host is a name or a number, whatever the port.
#[derive(Default)]
pub(super) struct Hosts(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

/// Nobody else asks this host before it is dropped. Nobody holds two, so nobody waits for ever.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Hosts {
    /// Waits until nobody else asks the host of `url`.
    pub(super) async fn turn(&self, url: &Url) -> Turn {
        let host = url.host_str().unwrap_or_default().to_owned();
        let gate = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(host).or_default())
        };
        gate.lock_owned().await
    }
}
