//! The body of an answer: unpacked from the packing of its transfer, and no more of it than a file may have.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;
use reqwest::Response;
use reqwest::header::{CONTENT_ENCODING, HeaderMap};
use tokio::time::{Instant, timeout};

use crate::collect::patience::Pace;
use crate::collect::visit::{Cause, Lost, Setback, setback, stopped};
use crate::config::settings::Limits;

/// What is asked for; everything else is refused when it comes.
pub(super) const ACCEPTED: &str = "gzip";

/// How much of a body may come, and which limit says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Most {
    bytes: u64,
    key: &'static str,
}

impl Most {
    /// One file, as it is kept.
    pub(super) fn of_a_file(limits: &Limits) -> Self {
        Self { bytes: limits.file_bytes_max, key: "file_mebibytes" }
    }

    /// What only a file is made of.
    pub(super) fn of_a_part(limits: &Limits) -> Self {
        Self { bytes: limits.unpacked_bytes_max, key: "unpacked_mebibytes" }
    }

    /// Whether so many bytes are too many.
    pub(super) fn is_less_than(self, bytes: usize) -> bool {
        u64::try_from(bytes).unwrap_or(u64::MAX) > self.bytes
    }

    /// Why more than this is refused.
    pub(super) fn told(self) -> String {
        let size = match self.bytes >> 20 {
            0 => format!("{} bytes", self.bytes),
            mebibytes => format!("{mebibytes} MiB"),
        };
        format!("the file has more than {size}, the limit `{}`: nothing of it is kept", self.key)
    }

    fn refused(self) -> Setback {
        Setback::Final(Lost { reason: self.told(), cause: Cause::TooMuch })
    }
}

/// The whole body, unpacked. It is counted after its unpacking: what goes in cannot be more but for a few
/// bytes.
pub(super) async fn whole(mut response: Response, most: Most, limits: &Limits) -> Result<Vec<u8>, Setback> {
    let Some(packing) = packing(response.headers()) else {
        let reason = "the file is packed in a way that nobody asked for".to_owned();
        return Err(Setback::Final(Lost { reason, cause: Cause::Packing }));
    };
    if response.content_length().is_some_and(|promised| promised > most.bytes) {
        return Err(most.refused());
    }
    let mut pace = Pace::start(limits, Instant::now());
    let mut taken = Taken::new(packing, most);
    loop {
        let Ok(chunk) = timeout(pace.window(), response.chunk()).await else {
            return Err(stopped(&Pace::too_slow()));
        };
        let Some(chunk) = chunk.map_err(setback)? else { return taken.finish() };
        taken.take(&chunk)?;
        if !pace.keeps(chunk.len(), Instant::now()) {
            return Err(stopped(&Pace::too_slow()));
        }
    }
}

/// How a body is packed for its transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
}

/// `x-gzip` is to be taken for `gzip` (RFC 9110, 8.4.1.3), and letter case says nothing (8.4.1). There is
/// none for what was not asked for, `x-compress` among it, and for one packing inside another.
fn packing(headers: &HeaderMap) -> Option<Packing> {
    let lines = headers.get_all(CONTENT_ENCODING).into_iter();
    let codings = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
    let codings = codings.map(|coding| coding.trim().to_ascii_lowercase());
    let codings: Vec<String> = codings.filter(|it| !it.is_empty() && it != "identity").collect();
    match codings.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Some(Packing::Plain),
        ["gzip" | "x-gzip"] => Some(Packing::Gzip),
        _ => None,
    }
}

/// What came so far.
enum Taken {
    Plain(Bounded),
    Gzip(Box<MultiGzDecoder<Bounded>>),
}

impl Taken {
    fn new(packing: Packing, most: Most) -> Self {
        let bounded = Bounded { bytes: Vec::new(), most, came: 0, is_full: false };
        match packing {
            Packing::Plain => Self::Plain(bounded),
            Packing::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(bounded))),
        }
    }

    fn bounded(&mut self) -> &mut Bounded {
        match self {
            Self::Plain(bounded) => bounded,
            Self::Gzip(decoder) => decoder.get_mut(),
        }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), Setback> {
        self.bounded().came += chunk.len();
        let done = match self {
            Self::Plain(bounded) => bounded.write_all(chunk),
            Self::Gzip(decoder) => decoder.write_all(chunk),
        };
        done.map_err(|error| self.bounded().why(&error))
    }

    fn finish(mut self) -> Result<Vec<u8>, Setback> {
        // Some servers say `gzip` of nothing at all.
        if let Self::Gzip(decoder) = &mut self
            && decoder.get_ref().came > 0
        {
            let done = decoder.try_finish();
            done.map_err(|error| decoder.get_ref().why(&error))?;
        }
        Ok(std::mem::take(&mut self.bounded().bytes))
    }
}

/// Bytes up to a limit; the one that is too many is an error, so that a bomb is seen while it is unpacked.
struct Bounded {
    bytes: Vec<u8>,
    most: Most,
    /// Bytes as they were transferred.
    came: usize,
    is_full: bool,
}

impl Bounded {
    fn why(&self, error: &io::Error) -> Setback {
        if self.is_full {
            return self.most.refused();
        }
        let reason = format!("could not be read: its gzip packing is damaged: {error}");
        Setback::Again { reason, asked: None, cause: Cause::Fault }
    }
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.most.is_less_than(self.bytes.len() + bytes.len()) {
            self.is_full = true;
            return Err(io::Error::other("too much"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::{Packing, packing};

    #[test]
    fn a_packing_is_known_by_each_of_its_names_and_only_one_is_taken() {
        for (lines, known) in [
            (&[][..], Some(Packing::Plain)),
            (&["identity"], Some(Packing::Plain)),
            (&["gzip"], Some(Packing::Gzip)),
            (&["x-gzip"], Some(Packing::Gzip)),
            (&["X-GZip, identity"], Some(Packing::Gzip)),
            (&["gzip, gzip"], None),
            (&["gzip", "gzip"], None),
            (&["x-compress"], None),
            (&["deflate"], None),
            (&["br"], None),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(CONTENT_ENCODING, HeaderValue::from_static(line));
            }
            assert_eq!(packing(&headers), known, "{lines:?}");
        }
    }
}
