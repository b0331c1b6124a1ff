//! The server's words on their way to the driver: an error's SQLSTATE is noted here, since what the query builder makes of
//! an error has its message and no longer its code.
//!
//! Messages are framed by a byte that says their kind and four that say how long they are. All but errors are skipped over
//! unread.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};

use super::refusal::Heard;
#[cfg(test)]
use super::refusal::ValueKind;

/// The most of an error that is kept to be read.
const ERROR_BYTES_MAX: usize = 8 * 1024;
/// A message's kind and length.
const HEADER_BYTES: usize = 5;

/// Where in the server's messages the stream is.
struct Frames {
    heard: Arc<Heard>,
    header: Vec<u8>,
    /// Bytes of the message that are still to come.
    left: usize,
    /// The body of an error, as far as it came.
    error: Option<Vec<u8>>,
}

impl Frames {
    const fn of(heard: Arc<Heard>) -> Self {
        Self { heard, header: Vec::new(), left: 0, error: None }
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let (more, rest) = bytes.split_at(bytes.len().min(HEADER_BYTES - self.header.len()));
                self.header.extend_from_slice(more);
                bytes = rest;
                if let [kind, length @ ..] = self.header.as_slice()
                    && let Ok(length) = <[u8; 4]>::try_from(length)
                {
                    // the length counts itself
                    self.left = usize::try_from(u32::from_be_bytes(length)).unwrap_or(0).saturating_sub(4);
                    self.error = (*kind == b'E').then(Vec::new);
                    self.header.clear();
                }
                continue;
            }
            let (more, rest) = bytes.split_at(bytes.len().min(self.left));
            bytes = rest;
            self.left -= more.len();
            if let Some(error) = &mut self.error {
                let room = ERROR_BYTES_MAX.saturating_sub(error.len()).min(more.len());
                error.extend_from_slice(more.get(..room).unwrap_or_default());
            }
            if self.left == 0
                && let Some(error) = self.error.take()
            {
                self.note(&error);
            }
        }
    }

    /// An error's fields: a byte that says which, and text that a NUL ends.
    fn note(&self, error: &[u8]) {
        let fields = || error.split(|byte| *byte == 0).filter_map(|field| field.split_first());
        let field = |kind: u8| fields().find(|(found, _)| **found == kind).map(|(_, text)| text);
        if let (Some(state), Some(message)) = (field(b'C'), field(b'M')) {
            self.heard.note(&String::from_utf8_lossy(state), &String::from_utf8_lossy(message));
        }
    }
}

/// A stream that is listened to.
pub(super) struct Tapped<S> {
    stream: S,
    /// What binds a password to the stream's TLS.
    binding: fn(&S) -> ChannelBinding,
    frames: Frames,
}

impl<S> Tapped<S> {
    pub(super) fn plain(stream: S, heard: Arc<Heard>) -> Self {
        Self { stream, binding: |_| ChannelBinding::none(), frames: Frames::of(heard) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = into.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, into);
        if let Poll::Ready(Ok(())) = read {
            self.frames.hear(into.filled().get(before..).unwrap_or_default());
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Tapped<S> {
    fn channel_binding(&self) -> ChannelBinding {
        (self.binding)(&self.stream)
    }
}

/// TLS whose plain side is listened to.
pub(super) struct Tapping<M> {
    tls: M,
    heard: Arc<Heard>,
}

impl<M> Tapping<M> {
    pub(super) const fn new(tls: M, heard: Arc<Heard>) -> Self {
        Self { tls, heard }
    }
}

impl<S, M> MakeTlsConnect<S> for Tapping<M>
where
    M: MakeTlsConnect<S>,
    <M::TlsConnect as TlsConnect<S>>::Future: Send + 'static,
{
    type Stream = Tapped<M::Stream>;
    type TlsConnect = Tapping<M::TlsConnect>;
    type Error = M::Error;

    fn make_tls_connect(&mut self, domain: &str) -> Result<Self::TlsConnect, Self::Error> {
        Ok(Tapping { tls: self.tls.make_tls_connect(domain)?, heard: Arc::clone(&self.heard) })
    }
}

impl<S, C> TlsConnect<S> for Tapping<C>
where
    C: TlsConnect<S>,
    C::Future: Send + 'static,
{
    type Stream = Tapped<C::Stream>;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Stream, Self::Error>> + Send>>;

    fn connect(self, stream: S) -> Self::Future {
        let Self { tls, heard } = self;
        let connecting = tls.connect(stream);
        Box::pin(async move {
            let stream = connecting.await?;
            Ok(Tapped { stream, binding: C::Stream::channel_binding, frames: Frames::of(heard) })
        })
    }
}

/// No TLS: for a driver that is told that TLS begins at once and is asked of the server by nobody, so that it hands over
/// the stream itself.
pub(super) struct Plain(pub Arc<Heard>);

impl<S: AsyncRead + AsyncWrite + Unpin> MakeTlsConnect<S> for Plain {
    type Stream = Tapped<S>;
    type TlsConnect = Self;
    type Error = io::Error;

    fn make_tls_connect(&mut self, _domain: &str) -> io::Result<Self> {
        Ok(Self(Arc::clone(&self.0)))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for Plain {
    type Stream = Tapped<S>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Tapped<S>>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok(Tapped::plain(stream, self.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_heard_however_its_bytes_come() {
        let message = b"SERROR\0VERROR\0C22021\0Mthe message of this test\0\0";
        let length = u32::try_from(message.len() + 4).unwrap_or_default().to_be_bytes();
        let mut bytes = [b"Z".as_slice(), &5_u32.to_be_bytes(), b"I", b"E", &length].concat();
        bytes.extend_from_slice(message);
        bytes.extend_from_slice(b"1\0\0\0\x04");
        for size in 1..=bytes.len() {
            let heard = Arc::<Heard>::default();
            let mut frames = Frames::of(Arc::clone(&heard));
            bytes.chunks(size).for_each(|some| frames.hear(some));
            assert_eq!(heard.take(), Some(ValueKind::Text), "{size} bytes at a time");
            assert_eq!(heard.take(), None);
        }
    }
}
