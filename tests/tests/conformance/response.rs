//! Responses as a client reads them, with a parser that is not ours: what one end writes wrongly, its own reader might
//! read wrongly the same way.

/// One response.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub content: Vec<u8>,
}

impl Response {
    /// Takes the first response off `input`, which ends where the connection did.
    pub(crate) fn take(input: &mut &[u8], to_head: bool) -> Result<Response, String> {
        let mut fields = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut fields);
        let head_len = match head.parse(input) {
            Ok(httparse::Status::Complete(len)) => len,
            Ok(httparse::Status::Partial) => return Err("a head that breaks off".to_owned()),
            Err(error) => return Err(format!("no head of a response: {error}")),
        };
        if head.version != Some(1) {
            return Err("the version is not HTTP/1.1 (RFC 9110 §2.5)".to_owned());
        }
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let mut response = Response {
            status: head.code.unwrap_or_default(),
            fields: head.headers.iter().map(|f| (f.name.to_ascii_lowercase(), text(f.value))).collect(),
            content: Vec::new(),
        };
        *input = &input[head_len..];
        response.content = response.take_content(input, to_head)?;
        Ok(response)
    }

    /// The values of a field.
    pub(crate) fn all<'r>(&'r self, name: &'r str) -> impl Iterator<Item = &'r str> {
        self.fields.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The value of a field, if it is there once.
    pub(crate) fn field<'r>(&'r self, name: &'r str) -> Option<&'r str> {
        let mut values = self.all(name);
        values.next().filter(|_| values.next().is_none())
    }

    /// Whether the Connection field has this option.
    pub(crate) fn has_option(&self, option: &str) -> bool {
        self.all("connection").flat_map(|list| list.split(',')).any(|o| o.trim().eq_ignore_ascii_case(option))
    }

    /// RFC 9112 §6.3, for a client.
    fn take_content(&self, input: &mut &[u8], to_head: bool) -> Result<Vec<u8>, String> {
        if to_head || self.status < 200 || matches!(self.status, 204 | 304) {
            return Ok(Vec::new());
        }
        if self.all("transfer-encoding").next().is_some() {
            return take_chunks(input);
        }
        let Some(length) = self.field("content-length") else {
            return Ok(std::mem::take(input).to_vec());
        };
        let length: usize = length.parse().map_err(|_| format!("Content-Length: {length}"))?;
        let content = input.get(..length).ok_or(format!("{} of {length} bytes of content", input.len()))?;
        *input = &input[length..];
        Ok(content.to_vec())
    }
}

fn take_chunks(input: &mut &[u8]) -> Result<Vec<u8>, String> {
    let mut content = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((at, size))) = httparse::parse_chunk_size(input) else {
            return Err("no chunk size".to_owned());
        };
        let size = size as usize;
        *input = &input[at..];
        if size == 0 {
            break;
        }
        content.extend_from_slice(input.get(..size).ok_or("a chunk that breaks off")?);
        *input = input[size..].strip_prefix(b"\r\n").ok_or("no CRLF behind a chunk")?;
    }
    let end = input.windows(2).position(|bytes| bytes == b"\r\n").ok_or("no end of the trailers")?;
    if end > 0 {
        return Err("trailers that nobody asked for".to_owned());
    }
    *input = &input[2..];
    Ok(content)
}
