//! Our channel as etcd-client sees it: a service of unary calls.

#![forbid(unsafe_code)]

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use std::future::Future;
use tonic::body::Body;
use tower::BoxError;

/// A service that hands each call's path and framed message to `call` and
/// wraps the message that comes back.
pub fn service<C, F>(call: C) -> etcd_client::Channel
where
    C: Fn(PathAndQuery, Bytes) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Bytes, tonic::Status>> + Send + 'static,
{
    let service = tower::service_fn(move |request: Request<Body>| {
        let call = call.clone();
        async move {
            let uri = request.uri().clone().into_parts();
            let path = uri.path_and_query.ok_or("a call without a path")?;
            let frame = request.into_body().collect().await?.to_bytes();
            Ok::<_, BoxError>(match call(path, frame).await {
                Ok(message) => reply(message),
                Err(status) => status.into_http(),
            })
        }
    });
    etcd_client::Channel::Custom(tower::util::BoxCloneSyncService::new(service))
}

fn reply(message: Bytes) -> Response<Body> {
    let mut frame = Vec::with_capacity(5 + message.len());
    frame.push(0);
    frame.extend_from_slice(&(message.len() as u32).to_be_bytes());
    frame.extend_from_slice(&message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let frames = [Ok::<_, BoxError>(Frame::data(frame.into())), Ok(Frame::trailers(trailers))];
    let body = StreamBody::new(futures_util::stream::iter(frames));
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    response
}
