//! What systemd is told; nothing when it did not start us.

use sd_notify::NotifyState;
use tracing::warn;

/// How much longer a start that repairs the state may take, each time that it is said, in microseconds.
const START_LONGER: u32 = 120_000_000;

/// The service is up, and what it waits for.
pub(super) fn ready(status: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// What it waits for.
pub(super) fn status(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The loop goes round and children can be started.
pub(super) fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// The state is still being looked at.
pub(super) fn still_starting() {
    tell(&[NotifyState::ExtendTimeoutUsec(START_LONGER)]);
}

/// The configuration is read again; followed by [`ready`].
pub(super) fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(since) => tell(&[NotifyState::Reloading, since]),
        Err(cause) => warn!(%cause, "cannot tell systemd that the configuration is read again"),
    }
}

/// The service is on its way down.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(cause) = sd_notify::notify(states) {
        warn!(%cause, "cannot tell systemd");
    }
}
