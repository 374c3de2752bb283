//! Functions of floating point numbers. A browser has them already; the standard library's would be another
//! 13 KB for every phone to download.

pub use host::*;

#[cfg(not(target_arch = "wasm32"))]
mod host {
    macro_rules! of_std {
        ($($name:ident = $method:ident),*) => {
            $(pub fn $name(number: f64) -> f64 { number.$method() })*
        };
    }
    of_std!(sin = sin, cos = cos, tan = tan, asin = asin, acos = acos, atan = atan);
    of_std!(exp = exp, ln = ln, log10 = log10);

    pub fn atan2(number: f64, other: f64) -> f64 {
        number.atan2(other)
    }

    pub fn pow(number: f64, power: f64) -> f64 {
        number.powf(power)
    }

    /// The shortest decimal text that reads back as the number.
    pub fn text(number: f64) -> String {
        number.to_string()
    }
}

#[cfg(target_arch = "wasm32")]
mod host {
    use wasm_bindgen::prelude::*;

    #[wasm_bindgen]
    extern "C" {
        #[wasm_bindgen(js_namespace = Math)]
        pub fn sin(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn cos(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn tan(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn asin(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn acos(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn atan(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn exp(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math, js_name = log)]
        pub fn ln(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn log10(number: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math)]
        pub fn atan2(number: f64, other: f64) -> f64;
        #[wasm_bindgen(js_namespace = Math, js_name = pow)]
        fn power(number: f64, power: f64) -> f64;
        #[wasm_bindgen(js_name = String)]
        fn string(number: f64) -> String;
    }

    pub fn pow(number: f64, exponent: f64) -> f64 {
        // Here alone JavaScript goes its own way: it knows no answer.
        if number == 1.0 || (number == -1.0 && exponent.is_infinite()) {
            return 1.0;
        }
        power(number, exponent)
    }

    /// The shortest decimal text that reads back as the number.
    pub fn text(number: f64) -> String {
        super::written_out(&string(number))
    }
}

/// `1.25e-7` written out, as JavaScript does for numbers that are neither very large nor very small.
#[cfg(any(test, target_arch = "wasm32"))]
fn written_out(text: &str) -> String {
    let Some((digits, exponent)) = text.split_once('e') else { return text.to_owned() };
    let exponent = exponent.parse::<isize>().unwrap_or(0);
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let point = whole.len() as isize + exponent;
    let mut out = String::from(sign);
    if point <= 0 {
        out.push_str("0.");
        (point..0).for_each(|_| out.push('0'));
    }
    for (at, digit) in whole.chars().chain(part.chars()).enumerate() {
        if at > 0 && at as isize == point {
            out.push('.');
        }
        out.push(digit);
    }
    let written = (whole.len() + part.len()) as isize;
    (written..point).for_each(|_| out.push('0'));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_out_as_the_standard_library_does() {
        for (script, number) in [
            ("0.1", 0.1),
            ("-12.5", -12.5),
            ("1e-7", 1e-7),
            ("1.25e-7", 1.25e-7),
            ("-3.5e-10", -3.5e-10),
            ("5e-324", 5e-324),
            ("1e+21", 1e21),
            ("1.7976931348623157e+308", f64::MAX),
            ("-1.2345e+22", -1.2345e22),
            ("123456789012345680000", 123456789012345680000.0),
        ] {
            assert_eq!(written_out(script), text(number), "{script}");
        }
    }
}
