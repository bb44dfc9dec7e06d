//! What form an answer takes: media type, shape, indentation.

use crate::{Reason, Status, query::Query};

/// How bytes are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Media {
    #[default]
    Json,
    Yaml,
    Protobuf,
}

/// What is shown of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Shape {
    #[default]
    Whole,
    /// `PartialObjectMetadata`, of one object.
    Metadata(MetaVersion),
    /// `PartialObjectMetadataList`, of a list.
    MetadataList(MetaVersion),
    Table(MetaVersion, IncludeObject),
}

/// Version of `meta.k8s.io`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum MetaVersion {
    #[default]
    V1,
    V1Beta1,
}

/// What each row of a table carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum IncludeObject {
    None,
    #[default]
    Metadata,
    Object,
}

/// The form of one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Format {
    pub media: Media,
    pub shape: Shape,
    pub pretty: bool,
}

/// What is written in protobuf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protobuf {
    Objects,
    /// Their metadata alone: custom resources have no messages.
    Metadata,
}

/// What an endpoint can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// Objects of a resource; virtual ones have no table.
    Resource { tables: bool, protobuf: Protobuf },
    /// Events of a watch, which has no YAML.
    Watch { tables: bool, protobuf: Protobuf },
}

const JSON: &str = "application/json";
const YAML: &str = "application/yaml";
const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// Programs whose users read the answer themselves.
const READERS: [&str; 3] = ["curl", "Wget", "Mozilla/5.0"];

impl Media {
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::Yaml => YAML,
            Self::Protobuf => PROTOBUF,
        }
    }
    /// The type of a stream of events.
    pub(crate) const fn stream_type(self) -> &'static str {
        match self {
            Self::Json | Self::Yaml => JSON,
            Self::Protobuf => "application/vnd.kubernetes.protobuf;stream=watch",
        }
    }
}

impl MetaVersion {
    pub(crate) const fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "meta.k8s.io/v1",
            Self::V1Beta1 => "meta.k8s.io/v1beta1",
        }
    }
}

impl Endpoint {
    const fn media(self) -> &'static [Media] {
        match self {
            Self::Resource { .. } => &[Media::Json, Media::Yaml, Media::Protobuf],
            Self::Watch { .. } => &[Media::Json, Media::Protobuf],
        }
    }
    const fn protobuf(self) -> Protobuf {
        match self {
            Self::Resource { protobuf, .. } | Self::Watch { protobuf, .. } => protobuf,
        }
    }
    const fn tables(self) -> bool {
        match self {
            Self::Resource { tables, .. } | Self::Watch { tables, .. } => tables,
        }
    }
    const fn is_watch(self) -> bool {
        matches!(self, Self::Watch { .. })
    }
}

/// The first alternative of `accept` that the endpoint can serve.
///
/// # Errors
/// 406, in one text when no media type is known and another when its parameters ask too much.
pub(crate) fn negotiate(
    accept: &str,
    user_agent: &str,
    query: &Query,
    endpoint: Endpoint,
) -> Result<Format, Status> {
    let clauses = parse_accept(accept);
    if !clauses.iter().any(|clause| endpoint.media().iter().any(|m| clause.matches(*m))) {
        return Err(not_acceptable_at_all(endpoint));
    }
    let mut chosen =
        clauses.iter().find_map(|clause| clause.choose(endpoint)).ok_or_else(|| {
            let media = endpoint.media().iter().filter(|media| {
                **media != Media::Protobuf || endpoint.protobuf() == Protobuf::Objects
            });
            let names = names(media.map(|media| media.content_type()));
            Status::new(
                406,
                Reason::NotAcceptable,
                format!("only the following media types are accepted: {names}"),
            )
        })?;
    chosen.pretty = chosen.media == Media::Json && (chosen.pretty || is_pretty(user_agent, query));
    if let Shape::Table(version, _) = chosen.shape {
        chosen.shape = Shape::Table(version, include_object(query.get("includeObject"))?);
    }
    Ok(chosen)
}

/// Whether discovery is asked for in its aggregated form.
///
/// # Errors
/// 406 when only forms are acceptable that are not served.
pub(crate) fn wants_aggregated_discovery(accept: &str) -> Result<bool, Status> {
    let wanted = |clause: &Clause<'_>| match clause.parameter("as") {
        None => Some(false),
        Some("APIGroupDiscoveryList") => {
            let is_served = clause.matches(Media::Json)
                && clause.parameter("g") == Some("apidiscovery.k8s.io")
                && clause.parameter("v") == Some("v2");
            is_served.then_some(true)
        }
        Some(_) => None,
    };
    parse_accept(accept).iter().find_map(wanted).ok_or_else(|| {
        let message = "only the following media types are accepted: application/json";
        Status::new(406, Reason::NotAcceptable, message)
    })
}

/// Whether a failure is better told as protobuf: the client's first choice.
pub(crate) fn failure_media(accept: &str) -> Media {
    let clauses = parse_accept(accept);
    let endpoint = Endpoint::Resource { tables: false, protobuf: Protobuf::Objects };
    let known =
        |clause: &Clause<'_>| endpoint.media().iter().copied().find(|media| clause.matches(*media));
    clauses.iter().find_map(known).unwrap_or_default()
}

/// Whether the client wants JSON that people can read.
pub(crate) fn is_pretty(user_agent: &str, query: &Query) -> bool {
    query
        .optional_flag("pretty")
        .unwrap_or_else(|| READERS.iter().any(|reader| user_agent.starts_with(reader)))
}

fn include_object(text: &str) -> Result<IncludeObject, Status> {
    match text {
        "" | "Metadata" => Ok(IncludeObject::Metadata),
        "None" => Ok(IncludeObject::None),
        "Object" => Ok(IncludeObject::Object),
        other => Err(Status::new(
            400,
            Reason::BadRequest,
            format!("unrecognized includeObject value: \"{other}\""),
        )),
    }
}

fn not_acceptable_at_all(endpoint: Endpoint) -> Status {
    let plain = [JSON, YAML, PROTOBUF];
    let streams = ["application/json;stream=watch", Media::Protobuf.stream_type()];
    let available = if endpoint.is_watch() {
        names(plain.into_iter().chain(streams))
    } else {
        names(plain.into_iter())
    };
    let message = format!("406: Not Acceptable\n\nAvailable representations: {available}");
    Status::new(406, Reason::NotAcceptable, message).about("", "", "")
}

fn names<'a>(types: impl Iterator<Item = &'a str>) -> String {
    types.collect::<Vec<_>>().join(", ")
}

/// One alternative of an Accept header.
#[derive(Debug, Clone, PartialEq)]
struct Clause<'a> {
    media_type: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    quality: f32,
}

fn parse_accept(accept: &str) -> Vec<Clause<'_>> {
    let accept = if accept.trim().is_empty() { "*/*" } else { accept };
    let mut clauses: Vec<_> = accept.split(',').map(Clause::parse).collect();
    // Stable: among equals the order sent counts.
    clauses.sort_by(|a, b| b.quality.total_cmp(&a.quality).then(a.wildcards().cmp(&b.wildcards())));
    clauses
}

impl<'a> Clause<'a> {
    fn parse(text: &'a str) -> Self {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next().unwrap_or_default();
        let mut parameters: Vec<_> = parts
            .map(|part| part.split_once('=').unwrap_or((part, "")))
            .map(|(name, value)| (name.trim(), value.trim().trim_matches('"')))
            .collect();
        let quality = parameters
            .iter()
            .find(|(name, _)| *name == "q")
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(1.0);
        parameters.retain(|(name, _)| *name != "q");
        Self { media_type, parameters, quality }
    }

    fn wildcards(&self) -> usize {
        self.media_type.matches('*').count()
    }

    fn matches(&self, media: Media) -> bool {
        let wanted = self.media_type;
        wanted == "*/*" || wanted == "application/*" || wanted == media.content_type()
    }

    fn parameter(&self, name: &str) -> Option<&'a str> {
        self.parameters.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    fn choose(&self, endpoint: Endpoint) -> Option<Format> {
        let media = endpoint.media().iter().copied().find(|media| self.matches(*media))?;
        match self.parameter("stream") {
            None | Some("") => {}
            Some("watch") if endpoint.is_watch() => {}
            Some(_) => return None,
        }
        let shape = self.shape(media, endpoint)?;
        let pretty = self.parameter("pretty").is_some_and(|value| value == "1");
        Some(Format { media, shape, pretty })
    }

    fn shape(&self, media: Media, endpoint: Endpoint) -> Option<Shape> {
        let Some(kind) = self.parameter("as") else {
            let is_written = media != Media::Protobuf || endpoint.protobuf() == Protobuf::Objects;
            return is_written.then_some(Shape::Whole);
        };
        if self.parameter("g") != Some("meta.k8s.io") {
            return None;
        }
        let version = match self.parameter("v") {
            Some("v1") => MetaVersion::V1,
            Some("v1beta1") => MetaVersion::V1Beta1,
            _ => return None,
        };
        match kind {
            "PartialObjectMetadata" => Some(Shape::Metadata(version)),
            "PartialObjectMetadataList" => Some(Shape::MetadataList(version)),
            "Table" if endpoint.tables() && media != Media::Protobuf => {
                Some(Shape::Table(version, IncludeObject::default()))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const RESOURCE: Endpoint = Endpoint::Resource { tables: true, protobuf: Protobuf::Objects };
    const WATCH: Endpoint = Endpoint::Watch { tables: true, protobuf: Protobuf::Objects };

    fn check(accept: &str, endpoint: Endpoint, wanted: Expect) {
        let chosen = negotiate(accept, "kubectl/v1.37.2", &Query::default(), endpoint);
        let shown = match chosen {
            Ok(format) => format!("{:?} {:?}", format.media, format.shape),
            Err(status) => format!("{} {}", status.code, status.message),
        };
        wanted.assert_eq(&shown);
    }

    #[test]
    fn nothing_and_anything_mean_json() {
        check("", RESOURCE, expect!["Json Whole"]);
        check("*/*", RESOURCE, expect!["Json Whole"]);
        check("application/vnd.kubernetes.protobuf, */*", RESOURCE, expect!["Protobuf Whole"]);
    }

    #[test]
    fn the_first_form_that_is_served_wins() {
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        check(kubectl, RESOURCE, expect!["Json Table(V1, Metadata)"]);
        let virtual_resource = Endpoint::Resource { tables: false, protobuf: Protobuf::Objects };
        check(kubectl, virtual_resource, expect!["Json Whole"]);
        check(
            "application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
            RESOURCE,
            expect!["Protobuf MetadataList(V1)"],
        );
    }

    #[test]
    fn quality_comes_before_order() {
        check("application/json;q=0.5, application/yaml", RESOURCE, expect!["Yaml Whole"]);
    }

    #[test]
    fn what_is_not_served_is_refused_in_the_references_words() {
        check(
            "text/html",
            RESOURCE,
            expect![[r#"
            406 406: Not Acceptable

            Available representations: application/json, application/yaml, application/vnd.kubernetes.protobuf"#]],
        );
        check(
            "application/json;as=Table;v=v9;g=meta.k8s.io",
            RESOURCE,
            expect![
                "406 only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf"
            ],
        );
        check(
            "application/yaml",
            WATCH,
            expect![[r#"
            406 406: Not Acceptable

            Available representations: application/json, application/yaml, application/vnd.kubernetes.protobuf, application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch"#]],
        );
    }

    #[test]
    fn people_get_indented_json_unless_they_say_no() {
        let pretty = |agent, query| is_pretty(agent, &Query::parse(query));
        assert!(pretty("curl/8.0", ""));
        assert!(!pretty("curl/8.0", "pretty=false"));
        assert!(pretty("kubectl/v1.37.2", "pretty=true"));
        assert!(!pretty("kubectl/v1.37.2", ""));
    }
}
