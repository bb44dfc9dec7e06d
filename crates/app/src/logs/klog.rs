//! Lines as the reference's log library writes them.

use std::{
    fmt::{self, Write as _},
    path::Path,
    sync::Arc,
};

use serde_json::{Map, Value};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};
use world::Clock;

use super::Format;

/// Formats events.
pub(super) struct Lines {
    pub(super) format: Format,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) process: u32,
}

/// Formats the fields of spans, of which we have none of our own.
pub(super) struct Fields(pub(super) Format);

/// The sentence of an event and its fields.
#[derive(Default)]
struct Told {
    message: String,
    fields: Map<String, Value>,
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut told = Told::default();
        event.record(&mut told);
        let metadata = event.metadata();
        let file = Path::new(metadata.file().unwrap_or_default()).file_name();
        let file = file.and_then(|name| name.to_str()).unwrap_or("unknown");
        let place = format!("{file}:{}", metadata.line().unwrap_or_default());
        let now = self.clock.wall();
        let line = match self.format {
            Format::Text => {
                let time = klog_time(&now.to_micro_string());
                let letter = letter(*metadata.level());
                format!("{letter}{time} {:>7} {place}] {}", self.process, told.text())
            }
            Format::Json => {
                told.json(now.microseconds(), &place, *metadata.level(), metadata.target())
            }
        };
        writeln!(writer, "{line}")
    }
}

impl<'writer> FormatFields<'writer> for Fields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut told = Told::default();
        fields.record(&mut told);
        match self.0 {
            Format::Text => writer.write_str(&told.text()),
            Format::Json => write!(writer, "{}", Value::Object(told.fields)),
        }
    }
}

impl Told {
    /// `"sentence" key="value" number=1`
    fn text(&self) -> String {
        let mut text = Value::from(self.message.as_str()).to_string();
        for (name, value) in &self.fields {
            let _ = write!(text, " {name}={value}");
        }
        text
    }

    fn json(self, microseconds: i64, place: &str, level: Level, target: &str) -> String {
        let whole = microseconds.div_euclid(1000);
        let fraction = microseconds.rem_euclid(1000);
        let mut line = format!("{{\"ts\":{whole}.{fraction:03}");
        let mut add = |name: &str, value: Value| {
            let _ = write!(line, ",{}:{value}", Value::from(name));
        };
        add("caller", place.into());
        add("logger", target.into());
        add("msg", self.message.into());
        if level > Level::WARN {
            add("v", verbosity(level).into());
        }
        self.fields.into_iter().for_each(|(name, value)| add(&name, value));
        line.push('}');
        line
    }

    fn note(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned);
            return;
        }
        self.fields.insert(field.name().to_owned(), value);
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.note(field, format!("{value:?}").into());
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.note(field, value.into());
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.note(field, value.into());
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.note(field, value.into());
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.note(field, value.into());
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.note(field, value.into());
    }
}

fn letter(level: Level) -> char {
    if level == Level::ERROR {
        'E'
    } else if level == Level::WARN {
        'W'
    } else {
        'I'
    }
}

fn verbosity(level: Level) -> u8 {
    if level == Level::INFO {
        0
    } else if level == Level::DEBUG {
        4
    } else {
        6
    }
}

/// `1124 09:40:00.000000` of `2026-11-24T09:40:00.000000Z`.
fn klog_time(time: &str) -> String {
    let (date, clock) = time.trim_end_matches('Z').split_once('T').unwrap_or_default();
    let month_and_day: String = date.chars().skip(5).filter(char::is_ascii_digit).collect();
    format!("{month_and_day} {clock}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told() -> Told {
        let fields = json!({"key": "shop/web", "replicas": 3});
        Told { message: "scaled \"up\"".to_owned(), fields: fields.as_object().cloned().unwrap() }
    }

    #[test]
    fn a_line_of_text_is_klogs() {
        assert_eq!(klog_time("2026-11-24T09:40:01.000250Z"), "1124 09:40:01.000250");
        assert_eq!(told().text(), r#""scaled \"up\"" key="shop/web" replicas=3"#);
    }

    #[test]
    fn a_line_of_json_has_its_time_in_milliseconds() {
        assert_eq!(
            told().json(1_500_250, "act.rs:7", Level::INFO, "runtime"),
            r#"{"ts":1500.250,"caller":"act.rs:7","logger":"runtime","msg":"scaled \"up\"","v":0,"key":"shop/web","replicas":3}"#
        );
    }
}
