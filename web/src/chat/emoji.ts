/** With U+FE0F where a character would else be drawn as text. */
export const EMOJI = '😀 😂 🥰 😎 🤔 😢 😡 👍 👎 👏 🙏 💪 🎉 🔥 ❤\ufe0f 💡 ✅ ❌ 👀 🚀 ☕ 🍕 🎂 🌞'.split(' ');
/** Offered first as reactions. */
export const QUICK_REACTIONS = '👍 ❤\ufe0f 😂 😮 😢 🎉'.split(' ');
