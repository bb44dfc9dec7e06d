//! Metrics as the text that Prometheus reads, to the letter as Go's encoder writes it.

use std::fmt::Write as _;

use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

/// The media type of the text.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/// One family after the other, in the order they come.
pub fn encode(families: &[MetricFamily]) -> String {
    let mut text = String::new();
    for family in families {
        encode_family(&mut text, family);
    }
    text
}

fn encode_family(text: &mut String, family: &MetricFamily) {
    let name = family.name();
    let kind = match family.get_field_type() {
        MetricType::COUNTER => "counter",
        MetricType::GAUGE => "gauge",
        MetricType::HISTOGRAM => "histogram",
        MetricType::SUMMARY => "summary",
        MetricType::UNTYPED => "untyped",
    };
    let help = family.help().replace('\\', r"\\").replace('\n', r"\n");
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    for metric in family.get_metric() {
        let labels = metric.get_label();
        match family.get_field_type() {
            MetricType::COUNTER => {
                sample(text, name, labels, &number(metric.get_counter().get_value()));
            }
            MetricType::GAUGE => {
                sample(text, name, labels, &number(metric.get_gauge().get_value()));
            }
            MetricType::HISTOGRAM => histogram(text, name, metric),
            // Nothing of ours makes one.
            MetricType::SUMMARY | MetricType::UNTYPED => {}
        }
    }
}

fn histogram(text: &mut String, name: &str, metric: &Metric) {
    let histogram = metric.get_histogram();
    let count = histogram.get_sample_count().to_string();
    let mut bucket = |bound: &str, count: &str| {
        let mut end = LabelPair::default();
        end.set_name("le".to_owned());
        end.set_value(bound.to_owned());
        let labels: Vec<LabelPair> = metric.get_label().iter().cloned().chain([end]).collect();
        sample(text, &format!("{name}_bucket"), &labels, count);
    };
    let bounds = histogram.get_bucket().iter().filter(|bucket| bucket.upper_bound().is_finite());
    for bounded in bounds {
        bucket(&number(bounded.upper_bound()), &bounded.cumulative_count().to_string());
    }
    bucket("+Inf", &count);
    let sum = number(histogram.get_sample_sum());
    sample(text, &format!("{name}_sum"), metric.get_label(), &sum);
    sample(text, &format!("{name}_count"), metric.get_label(), &count);
}

fn sample(text: &mut String, name: &str, labels: &[LabelPair], value: &str) {
    text.push_str(name);
    let mut opening = '{';
    for label in labels {
        let escaped = label.value().replace('\\', r"\\").replace('\n', r"\n").replace('"', "\\\"");
        let _ = write!(text, "{opening}{}=\"{escaped}\"", label.name());
        opening = ',';
    }
    if opening == ',' {
        text.push('}');
    }
    let _ = writeln!(text, " {value}");
}

/// Numbers with an exponent below or from these on are written with it.
const PLAIN_EXPONENTS: std::ops::Range<i32> = -4..6;

/// The shortest text that reads back as the same number; with an exponent from a million on and below
/// a ten-thousandth, at least two digits of it.
fn number(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if PLAIN_EXPONENTS.contains(&exponent) {
        return value.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use prometheus::{CounterVec, Gauge, Histogram, HistogramOpts, Opts, Registry};

    use super::*;

    #[test]
    fn numbers_are_written_as_go_writes_them() {
        for (value, text) in [
            (0.0, "0"),
            (-1.0, "-1"),
            (0.1, "0.1"),
            (1e-8, "1e-08"),
            (0.0001, "0.0001"),
            (0.000_012_5, "1.25e-05"),
            (999_999.0, "999999"),
            (1_000_000.0, "1e+06"),
            (1_048_576.0, "1.048576e+06"),
            (1.5e100, "1.5e+100"),
            (f64::INFINITY, "+Inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn families_are_told_with_their_help_and_type() {
        let registry = Registry::new();
        let asked =
            CounterVec::new(Opts::new("asked_total", "How\noften."), &["verb", "code"]).unwrap();
        asked.with_label_values(&["GET", "200"]).inc_by(2.0);
        asked.with_label_values(&["A\"\\", "500"]).inc();
        let took = HistogramOpts::new("took_seconds", "Time.").buckets(vec![0.5, 1.0]);
        let took = Histogram::with_opts(took).unwrap();
        took.observe(0.75);
        registry.register(Box::new(asked)).unwrap();
        registry.register(Box::new(took)).unwrap();
        registry.register(Box::new(Gauge::new("depth", "Depth.").unwrap())).unwrap();
        expect![[r##"
            # HELP asked_total How\noften.
            # TYPE asked_total counter
            asked_total{code="200",verb="GET"} 2
            asked_total{code="500",verb="A\"\\"} 1
            # HELP depth Depth.
            # TYPE depth gauge
            depth 0
            # HELP took_seconds Time.
            # TYPE took_seconds histogram
            took_seconds_bucket{le="0.5"} 0
            took_seconds_bucket{le="1"} 1
            took_seconds_bucket{le="+Inf"} 1
            took_seconds_sum 0.75
            took_seconds_count 1
        "##]]
        .assert_eq(&encode(&registry.gather()));
    }
}
