//! A canvas to draw on with a finger, a pen or a mouse.

use super::picture::{self, Picture};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageBitmap, PointerEvent};

/// Points nearer than this to the last one are left out, in pixels of the picture.
const STEP: f64 = 2.0;

/// One line from touching to lifting.
type Line = Vec<(f64, f64)>;

/// What is drawn: lines over an empty ground or a picture.
#[derive(Default)]
pub struct Pad {
    canvas: Option<HtmlCanvasElement>,
    ground: Option<ImageBitmap>,
    lines: Vec<Line>,
    text: String,
    drawing: bool,
}

impl Pad {
    /// Takes over a canvas of the page: as wide as it is shown, or as the picture on its ground.
    pub fn open(&mut self, canvas: HtmlCanvasElement, ground: Option<ImageBitmap>) {
        let (width, height) = match &ground {
            Some(ground) => (ground.width(), ground.height()),
            None => {
                let sharp = web_sys::window().map_or(1.0, |window| window.device_pixel_ratio());
                let shown = canvas.get_bounding_client_rect();
                let size = |length: f64| (length * sharp).clamp(50.0, 2000.0) as u32;
                (size(shown.width()), size(shown.height()))
            }
        };
        canvas.set_width(width);
        canvas.set_height(height);
        *self = Self { canvas: Some(canvas), ground, ..Self::default() };
        self.draw();
    }

    /// Whether nothing is drawn.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.text.is_empty()
    }

    /// The pointer touches.
    pub fn begin(&mut self, event: &PointerEvent) {
        event.prevent_default();
        let Some(at) = self.place(event) else { return };
        if let Some(canvas) = &self.canvas {
            let _ = canvas.set_pointer_capture(event.pointer_id());
        }
        self.drawing = true;
        self.lines.push(vec![at]);
        self.draw();
    }

    /// The pointer moves.
    pub fn go_on(&mut self, event: &PointerEvent) {
        let Some(at) = self.place(event).filter(|_| self.drawing) else { return };
        let Some(line) = self.lines.last_mut() else { return };
        let far = line.last().is_none_or(|last| (last.0 - at.0).hypot(last.1 - at.1) >= STEP);
        if far {
            line.push(at);
            self.draw();
        }
    }

    /// The pointer lifts. Says whether a line ended.
    pub fn end(&mut self) -> bool {
        std::mem::take(&mut self.drawing)
    }

    /// Takes the last line back.
    pub fn undo(&mut self) {
        if self.lines.pop().is_none() {
            self.text.clear();
        }
        self.draw();
    }

    /// Begins again.
    pub fn clear(&mut self) {
        self.lines.clear();
        self.text.clear();
        self.draw();
    }

    /// A text instead of lines, for those who do not draw.
    pub fn write(&mut self, text: &str) {
        self.lines.clear();
        text.trim().clone_into(&mut self.text);
        self.draw();
    }

    /// What is drawn, as a file: PNG for drawings, a photo format for photos.
    pub async fn picture(canvas: HtmlCanvasElement, photo: bool) -> Option<Picture> {
        picture::encode(&canvas, if photo { "image/webp" } else { "image/png" }).await
    }

    /// The canvas, and whether a photo lies under the lines.
    pub fn canvas(&self) -> Option<(HtmlCanvasElement, bool)> {
        Some((self.canvas.clone()?, self.ground.is_some()))
    }

    fn place(&self, event: &PointerEvent) -> Option<(f64, f64)> {
        let canvas = self.canvas.as_ref()?;
        let shown = canvas.get_bounding_client_rect();
        let across = f64::from(canvas.width()) / shown.width().max(1.0);
        let x = (f64::from(event.client_x()) - shown.left()) * across;
        let y = (f64::from(event.client_y()) - shown.top()) * across;
        Some((x, y))
    }

    fn draw(&self) {
        let Some(canvas) = &self.canvas else { return };
        let Some(context) = picture::context(canvas) else { return };
        let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
        context.set_fill_style_str("#fff");
        context.fill_rect(0.0, 0.0, width, height);
        if let Some(ground) = &self.ground {
            let _ =
                context.draw_image_with_image_bitmap_and_dw_and_dh(ground, 0.0, 0.0, width, height);
        }
        let ink = if self.ground.is_some() { "#d0021b" } else { "#14201f" };
        context.set_stroke_style_str(ink);
        context.set_fill_style_str(ink);
        context.set_line_width((width / 130.0).max(2.0));
        context.set_line_cap("round");
        context.set_line_join("round");
        for line in &self.lines {
            stroke(&context, line);
        }
        if !self.text.is_empty() {
            let size = (height / 3.0).min(width / self.text.chars().count().max(1) as f64 * 1.5);
            context.set_font(&format!("italic {}px sans-serif", size.round() as u32));
            let _ = context.fill_text_with_max_width(
                &self.text,
                width * 0.05,
                height * 0.6,
                width * 0.9,
            );
        }
    }
}

fn stroke(context: &CanvasRenderingContext2d, line: &[(f64, f64)]) {
    context.begin_path();
    let Some((first, rest)) = line.split_first() else { return };
    context.move_to(first.0, first.1);
    // A touch without a move is a dot.
    context.line_to(first.0 + 0.1, first.1);
    for (x, y) in rest {
        context.line_to(*x, *y);
    }
    context.stroke();
}
