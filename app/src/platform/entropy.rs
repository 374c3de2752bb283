//! Randomness from the browser.

use device::ports::Entropy;

/// The browser's generator.
pub struct BrowserEntropy;

impl Entropy for BrowserEntropy {
    fn fill(&self, buffer: &mut [u8]) {
        let crypto = web_sys::window().and_then(|window| window.crypto().ok());
        // Every supported browser has it; it refuses only buffers above 64 KiB.
        if let Some(crypto) = crypto {
            let _ = crypto.get_random_values_with_u8_array(buffer);
        }
    }
}
