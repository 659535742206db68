//! The media type of a file, guessed from the end of its name. A table, because HTTP has no better idea either: the
//! types are those that browsers expect, and text is taken to be UTF-8.

/// Ends of names in alphabetical order, with the Content-Type that they stand for.
const TABLE: &[(&str, &str)] = &[
    ("7z", "application/x-7z-compressed"),
    ("aac", "audio/aac"),
    ("apng", "image/apng"),
    ("avif", "image/avif"),
    ("bin", "application/octet-stream"),
    ("bmp", "image/bmp"),
    ("bz2", "application/x-bzip2"),
    ("c", "text/plain; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("csv", "text/csv; charset=utf-8"),
    ("eot", "application/vnd.ms-fontobject"),
    ("epub", "application/epub+zip"),
    ("flac", "audio/flac"),
    ("gif", "image/gif"),
    ("gz", "application/gzip"),
    ("h", "text/plain; charset=utf-8"),
    ("htm", "text/html; charset=utf-8"),
    ("html", "text/html; charset=utf-8"),
    ("ico", "image/vnd.microsoft.icon"),
    ("ics", "text/calendar; charset=utf-8"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("js", "text/javascript; charset=utf-8"),
    ("json", "application/json"),
    ("jsonld", "application/ld+json"),
    ("jxl", "image/jxl"),
    ("log", "text/plain; charset=utf-8"),
    ("m3u8", "application/vnd.apple.mpegurl"),
    ("m4a", "audio/mp4"),
    ("map", "application/json"),
    ("md", "text/markdown; charset=utf-8"),
    ("mjs", "text/javascript; charset=utf-8"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpd", "application/dash+xml"),
    ("mpeg", "video/mpeg"),
    ("oga", "audio/ogg"),
    ("ogg", "audio/ogg"),
    ("ogv", "video/ogg"),
    ("opus", "audio/ogg"),
    ("otf", "font/otf"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("proto", "text/plain; charset=utf-8"),
    ("rs", "text/plain; charset=utf-8"),
    ("rtf", "application/rtf"),
    ("svg", "image/svg+xml"),
    ("tar", "application/x-tar"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("toml", "application/toml"),
    ("ts", "video/mp2t"),
    ("ttf", "font/ttf"),
    ("txt", "text/plain; charset=utf-8"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("wasm", "application/wasm"),
    ("wav", "audio/wav"),
    ("weba", "audio/webm"),
    ("webm", "video/webm"),
    ("webmanifest", "application/manifest+json"),
    ("webp", "image/webp"),
    ("woff", "font/woff"),
    ("woff2", "font/woff2"),
    ("xhtml", "application/xhtml+xml"),
    ("xml", "application/xml"),
    ("yaml", "application/yaml"),
    ("yml", "application/yaml"),
    ("zip", "application/zip"),
    ("zst", "application/zstd"),
];

/// What is sent when nothing is known: bytes, which a browser saves and does not show.
pub const UNKNOWN: &str = "application/octet-stream";

/// The Content-Type for a file of this name or path; [`UNKNOWN`] if the end of the name says nothing.
///
/// ```
/// use wirelab_http::file_type;
///
/// assert_eq!(file_type::of_path("/img/LOGO.PNG"), "image/png");
/// assert_eq!(file_type::of_path("/notes.d/README"), file_type::UNKNOWN);
/// ```
pub fn of_path(path: &str) -> &'static str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    extension.and_then(of_extension).unwrap_or(UNKNOWN)
}

/// The Content-Type for what follows the last dot of a name, in either case.
pub fn of_extension(extension: &str) -> Option<&'static str> {
    let wanted = extension.to_ascii_lowercase();
    let index = TABLE.binary_search_by(|(other, _)| (*other).cmp(wanted.as_str())).ok()?;
    TABLE.get(index).map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::{TABLE, of_extension, of_path};
    use crate::media_type::MediaType;

    #[test]
    fn the_table_is_sorted_so_that_all_of_it_is_found() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{:?} comes before {:?}", pair[0], pair[1]);
        }
        for (extension, media_type) in TABLE {
            assert_eq!(of_extension(extension), Some(*media_type));
            assert!(MediaType::parse(media_type.as_bytes()).is_some(), "{media_type}");
        }
    }

    #[test]
    fn only_the_last_extension_of_the_last_segment_counts() {
        assert_eq!(of_path("a.html/b.tar.gz"), "application/gzip");
        assert_eq!(of_path("a.html/b"), super::UNKNOWN);
        assert_eq!(of_path(""), super::UNKNOWN);
    }
}
