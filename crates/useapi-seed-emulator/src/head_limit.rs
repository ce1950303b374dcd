//! Requests with a head that is too large.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;

use crate::refusal::own_error;

/// How many bytes target and headers of a request may have together. Without
/// it, the HTTP library's would hold: some hundred thousand, and the journal
/// keeps a thousand requests.
const LIMIT: usize = 16 * 1024;

/// Around everything, the journal too.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    let target = request.uri().path().len() + request.uri().query().map_or(0, str::len);
    let headers = request.headers().iter();
    let headers: usize = headers
        .map(|(name, value)| name.as_str().len() + value.len())
        .sum();
    if target + headers <= LIMIT {
        return next.run(request).await;
    }
    own_error(
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        format_args!("target and headers of the request are over {LIMIT} bytes"),
    )
}
