//! A page with a picture: one row for each component, one bar for each look, one line from each write to
//! the look that saw it. One file, without scripts.

use std::{collections::BTreeMap, fmt::Write as _};

use runtime::trace::{Place, Record};

use super::{select::Selection, text};

const WIDTH: u32 = 1400;
const LEFT: u32 = 260;
const ROW: u32 = 34;
const BAR: u32 = 16;
/// A look that took no time can still be seen.
const BAR_WIDTH_MIN: u32 = 4;
const STYLE: &str = "body{font:14px system-ui,sans-serif;margin:2em;color:#1c2733}\
h1{font-size:1.3em}svg{background:#f6f8fa;border-radius:6px}\
pre{background:#f6f8fa;padding:1em;border-radius:6px;overflow-x:auto}\
.bar{fill:#3178c6}.failed{fill:#c0392b}.line{stroke:#8aa4bf;fill:none}\
.name{font-size:13px}.tick{font-size:11px;fill:#66788a}";

/// The whole page.
pub(super) fn page(object: &Place, selection: &Selection<'_>) -> String {
    let title = escaped(&format!("{} {}", object.resource, object.key));
    let picture = Picture::of(selection).draw(selection);
    let timeline = escaped(&text::timeline(selection));
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <style>{STYLE}</style></head>\n<body><h1>{title}</h1>\n{picture}\n<pre>{timeline}</pre>\
         </body></html>\n"
    )
}

/// Where things are drawn.
struct Picture<'a> {
    rows: BTreeMap<&'a str, u32>,
    start: i64,
    /// Microseconds from the left edge to the right one.
    span: u64,
}

impl<'a> Picture<'a> {
    fn of(selection: &Selection<'a>) -> Self {
        let mut rows: BTreeMap<&str, u32> = BTreeMap::new();
        for record in selection.iter() {
            let next = u32::try_from(rows.len()).unwrap_or(u32::MAX);
            rows.entry(&record.component).or_insert(next);
        }
        let start = selection.start();
        let end = selection.iter().map(|record| end(record)).max().unwrap_or(start);
        Self { rows, start, span: end.saturating_sub(start).unsigned_abs().max(1) }
    }

    fn draw(&self, selection: &Selection<'_>) -> String {
        let height = u32::try_from(self.rows.len()).unwrap_or(0) * ROW + 40;
        let mut svg = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" width=\"100%\">\n");
        for (name, row) in &self.rows {
            let y = row * ROW + 25;
            let _ =
                writeln!(svg, "<text class=\"name\" x=\"12\" y=\"{y}\">{}</text>", escaped(name));
        }
        for record in selection.iter() {
            self.lines(&mut svg, selection, record);
        }
        for record in selection.iter() {
            self.bar(&mut svg, selection, record);
        }
        let (bottom, right) = (height - 10, WIDTH - 20);
        let whole = text::milliseconds(self.span);
        let _ = writeln!(
            svg,
            "<text class=\"tick\" x=\"{LEFT}\" y=\"{bottom}\">0</text>\
             <text class=\"tick\" x=\"{right}\" y=\"{bottom}\" text-anchor=\"end\">{whole}</text></svg>"
        );
        svg
    }

    fn bar(&self, svg: &mut String, selection: &Selection<'_>, record: &Record) {
        let (left, right) = (self.x(record.began), self.x(end(record)));
        let width = right.saturating_sub(left).max(BAR_WIDTH_MIN);
        let failed = record.writes.iter().any(|write| !write.refusal.is_empty());
        let class = if failed { "bar failed" } else { "bar" };
        let (y, told) = (self.y(record), escaped(&text::look(selection, record)));
        let _ = writeln!(
            svg,
            "<rect class=\"{class}\" x=\"{left}\" y=\"{y}\" width=\"{width}\" height=\"{BAR}\" rx=\"2\">\
             <title>{told}</title></rect>"
        );
    }

    fn lines(&self, svg: &mut String, selection: &Selection<'_>, record: &Record) {
        for writer in record.causes.iter().filter_map(|cause| selection.writer(cause)) {
            let (from, to) = (self.x(end(writer)), self.x(record.began));
            let (above, below) = (self.y(writer) + BAR / 2, self.y(record) + BAR / 2);
            let _ = writeln!(
                svg,
                "<line class=\"line\" x1=\"{from}\" y1=\"{above}\" x2=\"{to}\" y2=\"{below}\"/>"
            );
        }
    }

    fn x(&self, time: i64) -> u32 {
        let since = time.saturating_sub(self.start).unsigned_abs();
        let room = u64::from(WIDTH - LEFT - 20);
        LEFT + u32::try_from(since.saturating_mul(room) / self.span).unwrap_or(0)
    }

    fn y(&self, record: &Record) -> u32 {
        self.rows.get(record.component.as_str()).copied().unwrap_or(0) * ROW + 12
    }
}

fn end(record: &Record) -> i64 {
    record.began.saturating_add_unsigned(record.took)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
