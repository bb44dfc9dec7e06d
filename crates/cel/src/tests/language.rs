//! The language itself: literals, operators, macros, conversions, time.

use super::check;

#[test]
fn literals_are_what_they_look_like() {
    check(&[
        ("null", "null"),
        ("true", "true"),
        ("-42", "-42"),
        ("0x2A", "42"),
        ("-0xff", "-255"),
        ("42u", "42u"),
        ("0xFFu", "255u"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808", "1:1: invalid int literal"),
        ("1.5e3", "1500.0"),
        (".5", "0.5"),
        ("-1e-2", "-0.01"),
        ("'a\"b'", "\"a\\\"b\""),
        (r#""a\tb""#, "\"a\\tb\""),
        (r"r'a\tb'", "\"a\\\\tb\""),
        ("'''a\n'b'''", "\"a\\n'b\""),
        (r"b'\xff\x41'", "b\"\u{fffd}A\""),
        ("br'a'", "b\"a\""),
        ("[1, 2,]", "[1, 2]"),
        ("{'a': 1, 'b': 2}", "{\"a\": 1, \"b\": 2}"),
        ("{1: true, 2: false}[2]", "false"),
        ("{}", "{}"),
        ("[]", "[]"),
        ("'a' in {}", "false"),
        ("// nothing\n1", "1"),
    ]);
}

#[test]
fn whole_numbers_do_not_wrap_around() {
    check(&[
        ("1 + 2 * 3 - 4 / 2 % 3", "5"),
        ("(1 + 2) * 3", "9"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("9223372036854775807 + 1", "error: integer overflow"),
        ("-9223372036854775808 - 1", "error: integer overflow"),
        ("-(-9223372036854775808)", "error: integer overflow"),
        ("-9223372036854775808 / -1", "error: integer overflow"),
        ("5000000000 * 5000000000", "error: integer overflow"),
        ("1 / 0", "error: division by zero"),
        ("1 % 0", "error: modulus by zero"),
        ("0u - 1u", "error: unsigned integer overflow"),
        ("18446744073709551615u + 1u", "error: unsigned integer overflow"),
        ("1.0 / 0.0", "inf"),
        ("--1", "1"),
        ("1 + 1u", "1:3: found no matching overload for '_+_' applied to '(int, uint)'"),
        ("dyn(1) + dyn(1u)", "error: no such overload"),
    ]);
}

#[test]
fn numbers_of_all_types_are_compared_as_numbers() {
    check(&[
        ("1 == 1", "true"),
        ("dyn(1) == 1u", "true"),
        ("dyn(1) == 1.0", "true"),
        ("dyn(1u) == 1.5", "false"),
        ("1 < 2u", "true"),
        ("1 < 1.5", "true"),
        ("2u > 1.5", "true"),
        ("0.0 / 0.0 == 0.0 / 0.0", "false"),
        ("0.0 / 0.0 < 1.0", "false"),
        ("dyn('1') == 1", "false"),
        ("1 == '1'", "1:3: found no matching overload for '_==_' applied to '(int, string)'"),
        ("1 in [1, 2]", "true"),
        ("dyn(1.0) in [1, 2]", "true"),
        ("'a' in {'a': null}", "true"),
        ("dyn({1: 'x'})[1u]", "\"x\""),
        ("'a' < 'b'", "true"),
        ("b'a' < b'b'", "true"),
        ("false < true", "true"),
        ("[1, 2] == [1, 2]", "true"),
        ("[1, 2] == [2, 1]", "false"),
        ("{'a': 1} == {'a': 1}", "true"),
        ("{'a': [1]} != {'a': [2]}", "true"),
        ("null == null", "true"),
    ]);
}

#[test]
fn an_index_is_any_number_that_is_whole() {
    check(&[
        ("[7, 8, 9][0]", "7"),
        ("[7, 8, 9][dyn(2u)]", "9"),
        ("[7, 8, 9][dyn(1.0)]", "8"),
        ("[7, 8, 9][dyn(0.5)]", "error: unsupported index value: 0.5"),
        ("[7, 8, 9][3]", "error: index out of bounds: 3"),
        ("[7, 8, 9][-1]", "error: index out of bounds: -1"),
        ("{true: 'a'}[true]", "\"a\""),
        ("{'a': 1}['b']", "error: no such key: b"),
        ("{'a': 1}.b", "error: no such key: b"),
        ("{'a-b': 1}.`a-b`", "1"),
        ("{'a': {'b': [1]}}.a.b[0]", "1"),
        ("[1] + [2] + [3]", "[1, 2, 3]"),
        ("([1] + [2, 3])[2]", "3"),
        ("4 in [1] + [4]", "true"),
    ]);
}

#[test]
fn one_side_of_a_logical_operator_may_decide_alone() {
    check(&[
        ("true || 1 / 0 == 1", "true"),
        ("1 / 0 == 1 || true", "true"),
        ("false && 1 / 0 == 1", "false"),
        ("1 / 0 == 1 && false", "false"),
        ("1 / 0 == 1 && true", "error: division by zero"),
        ("false || 1 / 0 == 1", "error: division by zero"),
        ("true ? 1 : 1 / 0", "1"),
        ("false ? 1 / 0 : 2", "2"),
        ("!true", "false"),
        ("!!true", "true"),
        ("true && true && true && false", "false"),
        ("false || false || false || true", "true"),
        ("true ? false : true ? 1 == 1 : false", "false"),
    ]);
}

#[test]
fn macros_go_through_lists_and_maps() {
    check(&[
        ("[1, 2, 3].all(x, x > 0)", "true"),
        ("[1, 2, 3].all(x, x > 1)", "false"),
        ("[].all(x, x > 1)", "true"),
        ("[1, 0].all(x, 2 / x > 5)", "false"),
        ("[1, 0].all(x, 2 / x > 1)", "error: division by zero"),
        ("[0, 1].exists(x, 2 / x == 2)", "true"),
        ("[0, 1].exists(x, 2 / x == 3)", "error: division by zero"),
        ("[1, 2, 2].exists_one(x, x == 1)", "true"),
        ("[1, 2, 2].exists_one(x, x == 2)", "false"),
        ("[1, 2, 3].filter(x, x != 2)", "[1, 3]"),
        ("[1, 2, 3].map(x, x * x)", "[1, 4, 9]"),
        ("[1, 2, 3].map(x, x != 2, string(x))", "[\"1\", \"3\"]"),
        ("{'a': 1, 'b': 2}.map(k, k + k)", "[\"aa\", \"bb\"]"),
        ("{'a': 1}.exists(k, k == 'a')", "true"),
        ("[[1, 2], [3]].map(x, x.map(y, y + size(x)))", "[[3, 4], [4]]"),
        ("[1, 2].map(x, [3].map(x, x))", "[[3], [3]]"),
        ("has({'a': 1}.a)", "true"),
        ("has({'a': 1}.b)", "false"),
        ("has([1][0])", "1:4: invalid argument to has() macro"),
        ("[1].all(x.y, true)", "1:10: argument must be a simple name"),
    ]);
}

#[test]
fn macros_with_two_variables_see_the_index_or_the_key() {
    check(&[
        ("[5, 6].all(i, v, i + 5 == v)", "true"),
        ("{'a': 1}.exists(k, v, k == 'a' && v == 1)", "true"),
        ("[5, 6].existsOne(i, v, i == 1)", "true"),
        ("[5, 6].transformList(i, v, i * v)", "[0, 6]"),
        ("[5, 6].transformList(i, v, i > 0, v)", "[6]"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v * 2)", "{\"a\": 2, \"b\": 4}"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v)", "{\"b\": 2}"),
        ("['x', 'y'].transformMapEntry(i, v, {v: i})", "{\"x\": 0, \"y\": 1}"),
        ("['x', 'x'].transformMapEntry(i, v, {v: i})", "error: Failed with repeated key: x"),
    ]);
}

#[test]
fn an_optional_value_may_be_absent() {
    check(&[
        ("optional.of(1)", "some(1)"),
        ("optional.none()", "none"),
        ("optional.ofNonZeroValue(0)", "none"),
        ("optional.ofNonZeroValue('a')", "some(\"a\")"),
        ("optional.of(1).hasValue()", "true"),
        ("optional.none().value()", "error: optional.none() dereference"),
        ("optional.none().orValue(1 / 1)", "1"),
        ("optional.of(1).orValue(1 / 0)", "1"),
        ("optional.none().or(optional.of(2))", "some(2)"),
        ("{'a': 1}.?a", "some(1)"),
        ("{'a': 1}.?b", "none"),
        ("{'a': {'b': 1}}.?a.b", "some(1)"),
        ("{'a': {'b': 1}}.?x.b.orValue(0)", "0"),
        ("[1, 2][?1]", "some(2)"),
        ("[1, 2][?2]", "none"),
        ("{'a': 1}[?'b']", "none"),
        ("[1, ?optional.none(), ?optional.of(3)]", "[1, 3]"),
        ("{'a': 1, ?'b': optional.none()}", "{\"a\": 1}"),
        ("optional.of(1).optMap(x, x + 1)", "some(2)"),
        ("optional.none().optMap(x, x + 1)", "none"),
        ("optional.of(1).optFlatMap(x, optional.none())", "none"),
    ]);
}

#[test]
fn conversions_keep_the_value_or_fail() {
    check(&[
        ("int('-5')", "-5"),
        ("int(1.9)", "1"),
        ("int(-1.9)", "-1"),
        ("int(1e19)", "error: integer overflow"),
        ("int(5u)", "5"),
        ("int(timestamp('1970-01-01T00:01:00Z'))", "60"),
        ("uint(-1)", "error: unsigned integer overflow"),
        ("uint('7')", "7u"),
        ("double('1.5')", "1.5"),
        ("double(2)", "2.0"),
        ("string(1.5)", "\"1.5\""),
        ("string(1e6)", "\"1e+06\""),
        ("string(1e-7)", "\"1e-07\""),
        ("string(true)", "\"true\""),
        ("string(b'abc')", "\"abc\""),
        (r"string(b'\xff')", "error: invalid UTF-8 in bytes, cannot convert to string"),
        ("bytes('ü')", "b\"ü\""),
        ("bool('true')", "true"),
        ("bool('x')", "error: type conversion error from 'string' to 'bool': x"),
        ("string(duration('1h30m'))", "\"5400s\""),
        ("string(timestamp('2020-01-02T03:04:05Z'))", "\"2020-01-02T03:04:05Z\""),
        ("type(1)", "int"),
        ("type(1) == int", "true"),
        ("type(type(1))", "type"),
        ("type([]) == list", "true"),
        ("type(timestamp(0)) == google.protobuf.Timestamp", "true"),
        ("size('aüb')", "3"),
        ("'ab'.size() + size([1]) + size({}) + size(b'ü')", "5"),
    ]);
}

#[test]
fn time_has_parts_and_zones() {
    check(&[
        ("timestamp('2009-02-13T23:31:30Z').getFullYear()", "2009"),
        ("timestamp('2009-02-13T23:31:30Z').getMonth()", "1"),
        ("timestamp('2009-02-13T23:31:30Z').getDate()", "13"),
        ("timestamp('2009-02-13T23:31:30Z').getDayOfMonth()", "12"),
        ("timestamp('2009-02-13T23:31:30Z').getDayOfYear()", "43"),
        ("timestamp('2009-02-13T23:31:30Z').getDayOfWeek()", "5"),
        ("timestamp('2009-02-13T23:31:30Z').getHours('02:00')", "1"),
        ("timestamp('2009-02-13T23:31:30Z').getDate('Australia/Sydney')", "14"),
        ("timestamp('2009-02-13T23:31:30Z').getMinutes('-00:30')", "1"),
        ("timestamp('2009-02-13T23:31:30.123Z').getMilliseconds()", "123"),
        ("timestamp(0).getHours('Nowhere')", "error: unknown time zone Nowhere"),
        ("duration('90m').getHours()", "1"),
        ("duration('90m').getSeconds()", "5400"),
        ("timestamp(0) + duration('1h')", "timestamp(1970-01-01T01:00:00Z)"),
        ("timestamp(3600) - timestamp(0)", "duration(3600000000000ns)"),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
        ("timestamp('9999-12-31T23:59:59Z').getHours('-05:00')", "18"),
        ("duration('1s') + duration('1ms')", "duration(1001000000ns)"),
        ("duration('2562047h') + duration('1h')", "error: duration overflow"),
        ("timestamp(0) < timestamp(1)", "true"),
        ("duration('x')", "1:10: invalid duration argument"),
        ("timestamp('yesterday')", "1:11: invalid timestamp argument"),
    ]);
}
