//! Points, lines and areas on the ground: the texts of geopoint, geotrace and geoshape, and a plain map.

use std::f64::consts::PI;

/// Metres of the earth's mean radius (IUGG).
const RADIUS: f64 = 6_371_008.8;
/// The map's own units across: what is drawn is this wide and high.
pub const ACROSS: f64 = 320.0;

/// A place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// Metres above the ellipsoid; 0 when unknown.
    pub altitude: f64,
    /// Metres; 0 for a place that a person chose on the map.
    pub accuracy: f64,
}

/// Reads `latitude longitude altitude accuracy`, several of them separated by `;`.
pub fn read(value: &str) -> Vec<Point> {
    let point = |text: &str| {
        let mut numbers = text.split_whitespace().map(form::expr::number::parse);
        let (latitude, longitude) = (numbers.next()??, numbers.next()??);
        let mut rest = || numbers.next().flatten().unwrap_or(0.0);
        let good = latitude.abs() <= 90.0 && longitude.abs() <= 180.0;
        good.then(|| Point { latitude, longitude, altitude: rest(), accuracy: rest() })
    };
    value.split(';').filter_map(point).collect()
}

/// Reads an area: without the last point, which is the first again.
pub fn read_area(value: &str) -> Vec<Point> {
    let mut points = read(value);
    if points.len() > 1 && points.first().map(place) == points.last().map(place) {
        points.pop();
    }
    points
}

fn place(point: &Point) -> (i64, i64) {
    ((point.latitude * 1e7).round() as i64, (point.longitude * 1e7).round() as i64)
}

/// The text of points; `closed` adds the first at the end.
pub fn write(points: &[Point], closed: bool) -> String {
    let again = points.first().filter(|_| closed && points.len() > 1);
    let texts: Vec<String> = points
        .iter()
        .chain(again)
        .map(|point| {
            let Point { latitude, longitude, altitude, accuracy } = point;
            format!("{latitude:.7} {longitude:.7} {altitude:.1} {accuracy:.1}")
        })
        .collect();
    texts.join("; ")
}

/// Metres from one point to another along the ground.
pub fn distance(a: &Point, b: &Point) -> f64 {
    let (first, second) = (a.latitude.to_radians(), b.latitude.to_radians());
    let across = (b.longitude - a.longitude).to_radians() / 2.0;
    let up = (second - first) / 2.0;
    let half = up.sin().powi(2) + first.cos() * second.cos() * across.sin().powi(2);
    2.0 * RADIUS * half.sqrt().min(1.0).asin()
}

/// Metres along a line, or around an area.
pub fn length(points: &[Point], closed: bool) -> f64 {
    let line: f64 = points.windows(2).map(|pair| distance(&pair[0], &pair[1])).sum();
    match (points.first(), points.last()) {
        (Some(first), Some(last)) if closed => line + distance(last, first),
        _ => line,
    }
}

/// Square metres inside an area whose sides do not cross; small areas only.
pub fn area(points: &[Point]) -> f64 {
    let Some(first) = points.first() else { return 0.0 };
    let frame = Frame::around(first, 1.0);
    let flat: Vec<(f64, f64)> = points.iter().map(|point| frame.metres(point)).collect();
    let turned = flat.iter().cycle().skip(1);
    let twice: f64 = flat.iter().zip(turned).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
    twice.abs() / 2.0
}

/// What part of the ground the map shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frame {
    latitude: f64,
    longitude: f64,
    /// Metres of one unit.
    scale: f64,
}

impl Frame {
    /// A map around a point, so many metres across.
    pub fn around(point: &Point, across: f64) -> Self {
        let scale = (across / ACROSS).clamp(0.05, 2_000.0);
        Self { latitude: point.latitude, longitude: point.longitude, scale }
    }

    /// A map that shows all points with room around them.
    pub fn of(points: &[Point]) -> Option<Self> {
        let first = points.first()?;
        let bounds = |read: fn(&Point) -> f64| {
            let low = points.iter().map(read).fold(f64::INFINITY, f64::min);
            let high = points.iter().map(read).fold(f64::NEG_INFINITY, f64::max);
            (low + high) / 2.0
        };
        let middle = Point {
            latitude: bounds(|point| point.latitude),
            longitude: bounds(|point| point.longitude),
            ..*first
        };
        let far = points.iter().map(|point| distance(&middle, point)).fold(0.0, f64::max);
        Some(Self::around(&middle, (far * 3.0).max(100.0)))
    }

    /// Metres east and north of the middle.
    fn metres(&self, point: &Point) -> (f64, f64) {
        let degree = RADIUS * PI / 180.0;
        let east = (point.longitude - self.longitude) * degree * self.latitude.to_radians().cos();
        (east, (point.latitude - self.latitude) * degree)
    }

    /// Where a point is drawn, from the upper left corner.
    pub fn draw(&self, point: &Point) -> (f64, f64) {
        let (east, north) = self.metres(point);
        (ACROSS / 2.0 + east / self.scale, ACROSS / 2.0 - north / self.scale)
    }

    /// The place that is drawn here.
    pub fn place(&self, x: f64, y: f64) -> Point {
        let degree = RADIUS * PI / 180.0;
        let (east, north) = ((x - ACROSS / 2.0) * self.scale, (ACROSS / 2.0 - y) * self.scale);
        let longitude =
            self.longitude + east / (degree * self.latitude.to_radians().cos().max(0.01));
        let latitude = (self.latitude + north / degree).clamp(-89.0, 89.0);
        let longitude = (longitude + 540.0).rem_euclid(360.0) - 180.0;
        Point { latitude, longitude, altitude: 0.0, accuracy: 0.0 }
    }

    /// The place in the middle.
    pub fn middle(&self) -> Point {
        self.place(ACROSS / 2.0, ACROSS / 2.0)
    }

    /// The map moved by so many units.
    pub fn moved(&self, x: f64, y: f64) -> Self {
        let middle = self.place(ACROSS / 2.0 - x, ACROSS / 2.0 - y);
        Self { latitude: middle.latitude, longitude: middle.longitude, scale: self.scale }
    }

    /// The map around the same place, so many times as much ground.
    pub fn zoomed(&self, by: f64) -> Self {
        Self { scale: (self.scale * by).clamp(0.05, 2_000.0), ..*self }
    }

    /// The distance between lines of the grid, metres: 1, 2 or 5 with zeros, about a fifth of the map.
    pub fn step(&self) -> f64 {
        let about = self.scale * ACROSS / 5.0;
        let power = 10_f64.powf(about.log10().floor());
        [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|digit| digit * power)
            .find(|step| *step >= about)
            .unwrap_or(power * 10.0)
    }

    /// The lines of the grid as an SVG path. They stand still on the ground while the map moves.
    pub fn grid(&self) -> String {
        let step = self.step() / self.scale;
        let degree = RADIUS * PI / 180.0;
        let north = self.latitude * degree / self.scale;
        let east = self.longitude * degree * self.latitude.to_radians().cos() / self.scale;
        let mut path = String::new();
        let mut at = (ACROSS / 2.0 - east).rem_euclid(step);
        while at <= ACROSS {
            path += &format!("M{at:.1} 0V{ACROSS}");
            at += step;
        }
        let mut at = (ACROSS / 2.0 + north).rem_euclid(step);
        while at <= ACROSS {
            path += &format!("M0 {at:.1}H{ACROSS}");
            at += step;
        }
        path
    }

    /// The line through the points as an SVG path.
    pub fn line(&self, points: &[Point], closed: bool) -> String {
        let mut path = String::new();
        for (at, point) in points.iter().enumerate() {
            let (x, y) = self.draw(point);
            let letter = if at == 0 { 'M' } else { 'L' };
            path += &format!("{letter}{x:.1} {y:.1}");
        }
        if closed && points.len() > 2 {
            path.push('Z');
        }
        path
    }

    /// The points as small discs in an SVG path.
    pub fn discs(&self, points: &[Point]) -> String {
        let disc = |point: &Point| {
            let (x, y) = self.draw(point);
            format!("M{:.1} {y:.1}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0", x - 5.0)
        };
        points.iter().map(disc).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(latitude: f64, longitude: f64) -> Point {
        Point { latitude, longitude, altitude: 0.0, accuracy: 0.0 }
    }

    #[test]
    fn texts_read_and_write_the_same() {
        let trace = "41.7151000 44.8271000 400.0 5.0; 41.7160000 44.8280000 0.0 0.0";
        assert_eq!(write(&read(trace), false), trace);
        let area = format!("{trace}; 41.7151000 44.8271000 400.0 5.0");
        assert_eq!(read_area(&area).len(), 2);
        assert_eq!(write(&read_area(&area), true), area);
        assert!(read("x y; 91 0 0 0; ").is_empty());
        assert_eq!(read("41.5 44.5"), [at(41.5, 44.5)]);
    }

    #[test]
    fn distances_and_areas_are_those_of_the_ground() {
        let metres = distance(&at(41.7151, 44.8271), &at(41.6168, 41.6367));
        assert!((metres - 265_500.0).abs() < 1_500.0, "Tbilisi to Batumi: {metres}");
        let side = 100.0 / (RADIUS * PI / 180.0);
        let wide = side / 41.7_f64.to_radians().cos();
        let square = [
            at(41.7, 44.8),
            at(41.7 + side, 44.8),
            at(41.7 + side, 44.8 + wide),
            at(41.7, 44.8 + wide),
        ];
        assert!((area(&square) - 10_000.0).abs() < 5.0, "{}", area(&square));
        assert!((length(&square, true) - 400.0).abs() < 0.5);
        assert!((length(&square, false) - 300.0).abs() < 0.5);
        assert_eq!((area(&[]), length(&[], true)), (0.0, 0.0));
    }

    #[test]
    fn what_is_tapped_is_what_is_drawn() {
        let frame = Frame::of(&[at(41.71, 44.82), at(41.72, 44.83)]).unwrap();
        for (x, y) in [(0.0, 0.0), (17.0, 300.0), (320.0, 160.0)] {
            let (a, b) = frame.draw(&frame.place(x, y));
            assert!((a - x).abs() < 1e-6 && (b - y).abs() < 1e-6, "{a} {b}");
        }
        let moved = frame.moved(10.0, -20.0);
        let (x, y) = moved.draw(&frame.middle());
        assert!((x - 170.0).abs() < 0.1 && (y - 140.0).abs() < 0.1, "{x} {y}");
        assert!(frame.zoomed(0.25).step() < frame.step());
    }

    #[test]
    fn the_grid_has_a_few_lines_at_every_scale() {
        for power in 0..20 {
            let frame = Frame::around(&at(41.7, 44.8), 20.0 * 1.9_f64.powi(power));
            let lines = frame.grid().matches('M').count();
            assert!((4..=14).contains(&lines), "{power}: {lines}");
        }
    }
}
