//! The libraries that Kubernetes adds to the language.

use std::sync::Arc;

use super::{check, evaluated};
use crate::{Answer, Authorize, Bindings, Environment, Inquiry, Opaque, OpaqueType, Schema, Value};

#[test]
fn texts_are_taken_apart_by_code_points() {
    check(&[
        ("'tacocat'.charAt(3)", "\"o\""),
        ("'tacocat'.charAt(7)", "\"\""),
        ("'tacocat'.charAt(8)", "error: index out of range: 8"),
        ("'tacocat'.indexOf('ac')", "1"),
        ("'tacocat'.indexOf('a', 3)", "5"),
        ("'ta©o©αT'.indexOf('©α')", "4"),
        ("'ta©o©αT'.lastIndexOf('©', 3)", "2"),
        ("'tacocat'.lastIndexOf('none')", "-1"),
        ("'TacoCat'.lowerAscii()", "\"tacocat\""),
        ("'TacoCÆt'.upperAscii()", "\"TACOCÆT\""),
        ("'hello hello'.replace('he', 'we')", "\"wello wello\""),
        ("'hello hello'.replace('he', 'we', 1)", "\"wello hello\""),
        ("'hello'.replace('', '_')", "\"_h_e_l_l_o_\""),
        ("'a,b,c'.split(',')", "[\"a\", \"b\", \"c\"]"),
        ("'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"),
        ("'a,b,c'.split(',', 0)", "[]"),
        ("'aüb'.split('')", "[\"a\", \"ü\", \"b\"]"),
        ("'tacocat'.substring(4)", "\"cat\""),
        ("'ta©o'.substring(1, 3)", "\"a©\""),
        ("'tacocat'.substring(2, 1)", "error: invalid substring range. start: 2, end: 1"),
        ("' \\t a '.trim()", "\"a\""),
        ("['x', 'y'].join('-')", "\"x-y\""),
        ("['x', 'y'].join()", "\"xy\""),
        ("strings.quote('a\"b\\n')", "\"\\\"a\\\\\\\"b\\\\n\\\"\""),
        ("'abc'.reverse()", "1:14: undeclared reference to 'reverse' (in container '')"),
    ]);
}

#[test]
fn a_template_is_filled_in() {
    check(&[
        ("'%s has %d'.format([dyn('a'), 5])", "\"a has 5\""),
        ("'%.2f%%'.format([12.345])", "\"12.35%\""),
        ("'%e'.format([1234.5])", "\"1.234500e+03\""),
        ("'%b %b'.format([dyn(5), true])", "\"101 1\""),
        ("'%x %X'.format([dyn(-255), 'hi'])", "\"-ff 6869\""),
        ("'%o'.format([8])", "\"10\""),
        ("'%s'.format([[1, 2]])", "\"[1, 2]\""),
        ("'%s'.format([{'b': 1, 'a': 2}])", "\"{a: 2, b: 1}\""),
        ("'%s'.format([])", "error: index 0 out of range"),
        (
            "'%d'.format(['a'])",
            "error: decimal clause can only be used on integers, was given string",
        ),
        ("'%z'.format([1])", "error: unrecognized formatting clause \"z\""),
    ]);
}

#[test]
fn lists_know_order_and_sum() {
    check(&[
        ("[1, 2, 2].isSorted()", "true"),
        ("['b', 'a'].isSorted()", "false"),
        ("[1, 2, 3].sum()", "6"),
        ("[1.5, 2.5].sum()", "4.0"),
        ("[duration('1m'), duration('1s')].sum()", "duration(61000000000ns)"),
        ("dyn([1u, 2u]).sum()", "3u"),
        ("[1, 3, 2].max()", "3"),
        ("['b', 'a'].min()", "\"a\""),
        ("[1].filter(x, x > 1).max()", "error: max called on empty list"),
        ("[1, 2, 1].indexOf(1)", "0"),
        ("[1, 2, 1].lastIndexOf(1)", "2"),
        ("[1].indexOf(5)", "-1"),
        ("sets.contains([1, 2, 3], [3, 1])", "true"),
        ("sets.equivalent([1, 2], [2, 1, 1])", "true"),
        ("sets.intersects([1], [2])", "false"),
    ]);
}

#[test]
fn patterns_find_parts_of_a_text() {
    check(&[
        ("'abc 123'.find('[0-9]+')", "\"123\""),
        ("'abc'.find('[0-9]+')", "\"\""),
        ("'1 22 333'.findAll('[0-9]+')", "[\"1\", \"22\", \"333\"]"),
        ("'1 22 333'.findAll('[0-9]+', 2)", "[\"1\", \"22\"]"),
        ("'abc'.matches('^a.c$')", "true"),
        ("matches('abc', 'b')", "true"),
        ("'abc'.matches('(')", "1:15: invalid matches argument"),
        ("'a'.find('a' + '(')", "error: error parsing regexp: a("),
    ]);
}

#[test]
fn a_url_has_parts() {
    let url = "url('https://user@example.com:8080/a%20b/c?x=1&x=2&y=%2F')";
    let rows = [
        ("getScheme()", "\"https\""),
        ("getHost()", "\"example.com:8080\""),
        ("getHostname()", "\"example.com\""),
        ("getPort()", "\"8080\""),
        ("getEscapedPath()", "\"/a%20b/c\""),
        ("getQuery()", "{\"x\": [\"1\", \"2\"], \"y\": [\"/\"]}"),
    ];
    for (part, expected) in rows {
        check(&[(&format!("{url}.{part}"), expected)]);
    }
    check(&[
        ("url('https://[::1]:80/').getHostname()", "\"::1\""),
        ("url('/path').getHost()", "\"\""),
        ("isURL('https://a:80:b/')", "false"),
        ("isURL('../relative')", "false"),
        ("isURL('mailto:a@b')", "true"),
        ("isURL('')", "false"),
        (
            "url('https://a b/')",
            "error: URL parse error during conversion from string: parse \"https://a b/\": invalid character in host name",
        ),
    ]);
}

#[test]
fn amounts_are_compared_by_what_they_are_worth() {
    check(&[
        ("quantity('1.5Gi') == quantity('1536Mi')", "true"),
        ("quantity('50k').isGreaterThan(quantity('49k'))", "true"),
        ("quantity('1').compareTo(quantity('1000m'))", "0"),
        ("quantity('50k').add(20).sub(quantity('10'))", "quantity(50010)"),
        ("quantity('50.703k').asInteger()", "50703"),
        ("quantity('1.5').isInteger()", "false"),
        ("quantity('1.5').asInteger()", "error: cannot convert value to integer"),
        ("quantity('50.703').asApproximateFloat()", "50.703"),
        ("quantity('-1.5').asApproximateFloat()", "-1.5"),
        ("quantity('-1').sign()", "-1"),
        ("isQuantity('1.3Zi')", "false"),
    ]);
}

#[test]
fn addresses_and_ranges_are_read() {
    check(&[
        ("ip('192.168.0.1')", "ip(192.168.0.1)"),
        ("isIP('::1')", "true"),
        ("isIP('192.168.0.300')", "false"),
        ("isIP('::ffff:1.2.3.4')", "false"),
        ("ip.isCanonical('2001:db8::ABCD')", "false"),
        ("ip('fe80::1').family()", "6"),
        ("ip('127.0.0.1').isLoopback()", "true"),
        ("ip('0.0.0.0').isUnspecified()", "true"),
        ("ip('224.0.0.1').isLinkLocalMulticast()", "true"),
        ("ip('169.254.0.1').isLinkLocalUnicast()", "true"),
        ("ip('8.8.8.8').isGlobalUnicast()", "true"),
        ("string(ip('::1'))", "\"::1\""),
        ("type(ip('::1')) == net.IP", "true"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("cidr('10.0.0.0/8').containsIP(ip('11.0.0.0'))", "false"),
        ("cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"),
        ("cidr('10.1.0.0/16').containsCIDR(cidr('10.0.0.0/8'))", "false"),
        ("cidr('10.1.2.3/8').masked()", "cidr(10.0.0.0/8)"),
        ("cidr('::1/64').prefixLength()", "64"),
        ("cidr('10.1.2.3/8').ip()", "ip(10.1.2.3)"),
        ("isCIDR('10.0.0.0/33')", "false"),
    ]);
}

#[test]
fn formats_say_what_is_wrong_with_a_text() {
    check(&[
        ("format.dns1123Label().validate('my-name')", "none"),
        ("format.dns1123Label().validate('My').hasValue()", "true"),
        (
            "format.named('uuid').value().validate('x').value()",
            "[\"does not match the UUID format\"]",
        ),
        ("format.named('nothing')", "none"),
        ("format.uuid().validate('123e4567-e89b-12d3-a456-426614174000')", "none"),
        ("format.dns1123LabelPrefix().validate('prefix-')", "none"),
        ("format.date().validate('2021-01-01')", "none"),
        ("format.datetime().validate('2021-01-01').value()", "[\"invalid datetime\"]"),
        ("format.byte().validate('aGVsbG8=')", "none"),
    ]);
}

#[test]
fn versions_are_compared_by_their_parts() {
    check(&[
        ("semver('1.2.3').major()", "1"),
        ("semver('1.10.0').isGreaterThan(semver('1.9.9'))", "true"),
        ("semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))", "true"),
        ("semver('1.0.0-rc.1').compareTo(semver('1.0.0'))", "-1"),
        ("semver('1.0.0+a') == semver('1.0.0+b')", "true"),
        ("isSemver('v1.0')", "false"),
        ("isSemver('v1.0', true)", "true"),
        ("semver('01.02.3', true).minor()", "2"),
        ("semver('1.0')", "error: No Major.Minor.Patch elements found"),
    ]);
}

/// Allows reading, and nothing else.
#[derive(Debug)]
struct Readers;
impl Authorize for Readers {
    fn decide(&self, inquiry: &Inquiry) -> Answer {
        let who = inquiry.service_account.as_ref().map_or("", |(_, name)| name);
        let reason = format!("{who}/{}/{}/{}", inquiry.namespace, inquiry.resource, inquiry.name);
        Answer { allowed: inquiry.verb == "get", reason, error: None }
    }
}

#[test]
fn the_authorizer_is_the_hosts() {
    let environment =
        Environment::new().declare("authorizer", Schema::opaque(OpaqueType::Authorizer));
    let authorizer = Opaque::Authorizer(Arc::new(Readers), Arc::new(Inquiry::default()));
    let bindings = Bindings::new().value("authorizer", Value::Opaque(authorizer));
    let rows = [
        ("authorizer.group('').resource('pods').namespace('a').check('get').allowed()", "true"),
        ("authorizer.path('/healthz').check('post').allowed()", "false"),
        (
            "authorizer.serviceAccount('ns', 'me').group('').resource('pods').name('x').check('get').reason()",
            "\"me//pods/x\"",
        ),
        ("authorizer.path(' ')", "error: path must not be empty"),
        ("authorizer.path('/').check('get').errored()", "false"),
    ];
    for (expression, expected) in rows {
        assert_eq!(evaluated(&environment, expression, &bindings), expected, "{expression}");
    }
}
