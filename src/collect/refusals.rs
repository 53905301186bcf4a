//! How a host takes our login. One that it refuses is not sent again and again: that locks accounts.
//!
//! A host that has taken it once may refuse single addresses, and those say nothing of the login.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::StatusCode;

/// So many addresses in a row that answer 401, and the login is wrong. One alone may be closed to us.
const UNAUTHORIZED_MAX: u32 = 2;

/// So many that answer 403, and nothing more is asked in this run. Some stores answer so for what is not
/// there yet, hence more, and for no longer.
const FORBIDDEN_MAX: u32 = 4;

/// One login at one host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Use {
    /// Scheme, host and port.
    pub(super) origin: String,
    /// Who we say we are, as it is configured.
    pub(super) login: String,
}

/// Each login at each host, in one run.
#[derive(Default)]
pub(super) struct Logins(HashMap<Use, Arc<Refusals>>);

impl Logins {
    /// How this host takes this login; one more address is asked for with it.
    pub(super) fn of(&mut self, of: &Use) -> Arc<Refusals> {
        let refusals = Arc::clone(self.0.entry(of.clone()).or_default());
        refusals.state().addresses += 1;
        refusals
    }
}

/// How one host has taken one login so far.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    addresses: u32,
    was_taken: bool,
    unauthorized: u32,
    forbidden: u32,
}

/// Why nothing more is asked with a login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// It is wrong, until it changes.
    Wrong,
    /// It opens nothing, in this run.
    Useless,
}

impl Refusals {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The host answered to the login.
    pub(super) fn see(&self, status: StatusCode) {
        let mut state = self.state();
        match status {
            StatusCode::UNAUTHORIZED => state.unauthorized += 1,
            StatusCode::FORBIDDEN => state.forbidden += 1,
            // What is not there may be said before anybody looks at a login.
            StatusCode::NOT_FOUND | StatusCode::GONE => {}
            _ => state.was_taken = true,
        }
    }

    /// Whether the login is to be sent no more, and for how long.
    pub(super) fn barred(&self) -> Option<Barred> {
        let state = self.state();
        if state.was_taken {
            return None;
        }
        if state.unauthorized > 0 && state.unauthorized >= UNAUTHORIZED_MAX.min(state.addresses) {
            return Some(Barred::Wrong);
        }
        (state.forbidden >= FORBIDDEN_MAX).then_some(Barred::Useless)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;

    use super::{Barred, Logins, Use};

    fn barred(addresses: usize, statuses: &[u16]) -> Option<Barred> {
        let mut logins = Logins::default();
        let refusals = (0..addresses).map(|_| logins.of(&Use::default())).last().unwrap();
        for status in statuses {
            refusals.see(StatusCode::from_u16(*status).unwrap());
        }
        refusals.barred()
    }

    #[test]
    fn two_addresses_that_refuse_a_login_are_enough_and_where_there_is_one_that_is() {
        assert_eq!(barred(16, &[401]), None);
        assert_eq!(barred(16, &[401, 401]), Some(Barred::Wrong));
        assert_eq!(barred(16, &[404, 401, 404, 401]), Some(Barred::Wrong));
        assert_eq!(barred(1, &[401]), Some(Barred::Wrong));
    }

    #[test]
    fn a_login_that_was_taken_is_not_wrong_because_single_addresses_are_closed() {
        assert_eq!(barred(16, &[401, 200, 401, 401, 401]), None);
        assert_eq!(barred(16, &[304, 403, 403, 403, 403, 403]), None);
    }

    #[test]
    fn a_login_that_opens_nothing_is_not_used_for_all() {
        assert_eq!(barred(16, &[403, 403, 403]), None);
        assert_eq!(barred(16, &[403, 403, 403, 403]), Some(Barred::Useless));
    }
}
