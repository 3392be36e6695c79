// Writes pipelines.json: ids and text of small tokenizers as @huggingface/tokenizers (npm) makes them.
//
// usage: npm install @huggingface/tokenizers && node make_pipelines.mjs
// Left out, because this reference differs there from the Rust library that models are trained with: U+20BB7 with BERT (it only
// knows Chinese characters of the basic plane) and U+2460 with Digits (it only knows decimal digits).
import { Tokenizer } from '@huggingface/tokenizers';
import fs from 'node:fs';
const L = [];
{
  let n = 256;
  for (let v = 0; v < 256; v++) {
    const vis = (v >= 33 && v <= 126) || (v >= 161 && v <= 172) || v >= 174;
    L.push(String.fromCodePoint(vis ? v : n++));
  }
}
const voc = (a) => Object.fromEntries(a.map((t, i) => [t, i]));
const bytes = [...Array(256).keys()].map((v) => `<0x${v.toString(16).toUpperCase().padStart(2, '0')}>`);
const llama3 =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const ds =
  '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+';
const U = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]',
  Lo = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]',
  Ld = '[^\\r\\n\\p{L}\\p{N}]?',
  C = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?";
const o200 = `${Ld}${U}*${Lo}+${C}|${Ld}${U}+${Lo}*${C}|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const split = (r) => ({ type: 'Split', pattern: { Regex: r }, behavior: 'Isolated', invert: false });
const bl = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
const mergesB = [
  ['a', 'b'],
  ['Ġ', 'a'],
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
  ['Ã', '©'],
  ['1', '2'],
  ['Ġ', 'Ġ'],
  ['H', 'e'],
  ['l', 'l'],
  ['He', 'll'],
  ['Hell', 'o'],
];
const vb = [...L];
for (const [a, b] of mergesB) vb.push(a + b);
const bpe = {
  type: 'BPE',
  dropout: null,
  unk_token: null,
  continuing_subword_prefix: '',
  end_of_word_suffix: '',
  fuse_unk: false,
  byte_fallback: false,
  ignore_merges: false,
  vocab: voc(vb),
  merges: mergesB.map((m) => m.join(' ')),
};
const at = (id, c, o = {}) => ({
  id,
  content: c,
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: false,
  special: true,
  ...o,
});
const base = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  decoder: null,
};
const chars = " abcdetHhlo.,!?'é日🙂123\u2581".split('');
const uni = [
  ['<unk>', 0],
  ['▁', -2],
  ['▁a', -2.2],
  ['▁the', -3],
  ...[..."abcdethlo.,!?'é123"].map((c, i) => [c, -4 - i * 0.13]),
  ['th', -4.1],
  ['he', -4.3],
  ['the', -5],
  ['ab', -4.4],
  ['▁ab', -4.9],
  ['ll', -4.7],
  ['hello', -6.1],
  ['lo', -4.45],
];
const wp = [
  '[PAD]',
  '[UNK]',
  '[CLS]',
  '[SEP]',
  '[MASK]',
  ...[..."abcdethlo.,!?'123日中"],
  ...[...'abcdethlo123'].map((c) => '##' + c),
  'the',
  '##ll',
  'hel',
  '##lo',
  'ab',
];
const T = {
  llama3: {
    ...base,
    added_tokens: [at(300, '<|x|>'), at(301, '<t>', { special: false })],
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split(llama3), bl] },
    decoder: { type: 'ByteLevel' },
    model: { ...bpe, ignore_merges: true },
  },
  o200: { ...base, pre_tokenizer: { type: 'Sequence', pretokenizers: [split(o200), bl] }, decoder: { type: 'ByteLevel' }, model: bpe },
  deepseek: {
    ...base,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [split('\\p{N}{1,3}'), split('[一-龥぀-ゟ゠-ヿ]+'), split(ds), bl] },
    decoder: { type: 'ByteLevel' },
    model: bpe,
  },
  neox: {
    ...base,
    normalizer: { type: 'NFC' },
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    decoder: { type: 'ByteLevel' },
    model: bpe,
  },
  starcoder: {
    ...base,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Digits', individual_digits: true },
        { ...bl, use_regex: true },
      ],
    },
    decoder: { type: 'ByteLevel' },
    model: bpe,
  },
  xlmr: {
    ...base,
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFKC' }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }] },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true, add_prefix_space: true },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true, add_prefix_space: true },
    model: { type: 'Unigram', unk_id: 0, vocab: uni, byte_fallback: false },
  },
  t5: {
    ...base,
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'WhitespaceSplit' },
        { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', add_prefix_space: true },
      ],
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', add_prefix_space: true },
    model: { type: 'Unigram', unk_id: 0, vocab: uni, byte_fallback: false },
  },
  bert: {
    ...base,
    added_tokens: [at(0, '[PAD]'), at(1, '[UNK]'), at(2, '[CLS]'), at(3, '[SEP]'), at(4, '[MASK]')],
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: { '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] }, '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] } },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: { type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, vocab: voc(wp) },
  },
  gemma: {
    ...base,
    added_tokens: [at(0, '<unk>'), at(1, '<bos>')],
    normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
    pre_tokenizer: { type: 'Split', pattern: { String: ' ' }, behavior: 'MergedWithPrevious', invert: false },
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }],
    },
    model: {
      ...bpe,
      unk_token: '<unk>',
      fuse_unk: true,
      byte_fallback: true,
      vocab: voc(['<unk>', '<bos>', ...bytes, '▁', ...[..."abcdethlo.,!?'Hé12"], 'th', 'the', '▁the', 'ab', '▁a', '12']),
      merges: ['t h', 'th e', '▁ the', 'a b', '▁ a', '1 2'],
    },
  },
};
let s = 7;
const rnd = () => {
  s = (s * 1103515245 + 12345) & 0x7fffffff;
  return s / 0x7fffffff;
};
const pieces = [
  'the ',
  'Hello',
  ' the',
  'a',
  'ab ',
  '  ',
  '\n',
  '\r\n',
  '\t',
  "'s",
  "'LL",
  'é',
  'e\u0301',
  '日本',
  '中文',
  '🙂',
  '123',
  '12 ',
  '.,',
  ' !',
  '?',
  'HeLLo',
  'Ünï',
  'ﬁ',
  '\u00A0',
  '[MASK]',
  '<|x|>',
  '<t>',
  '$x',
  '/',
  '_',
  'x',
  '𠮷',
  '①',
];
const differs = { bert: '\u{20BB7}', starcoder: '\u2460' };
const out = {};
for (const [name, json] of Object.entries(T)) {
  const tokenizer = new Tokenizer(json, { clean_up_tokenization_spaces: false });
  const cases = [];
  while (cases.length < 60) {
    let text = '';
    for (let k = 1 + Math.floor(rnd() * 8); k > 0; k--) text += pieces[Math.floor(rnd() * pieces.length)];
    if (differs[name] && text.includes(differs[name])) continue;
    const ids = tokenizer.encode(text, { add_special_tokens: true }).ids;
    if (ids.length === 0) continue;
    cases.push({ text, ids, decoded: tokenizer.decode(ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false }) });
  }
  out[name] = { tokenizer: json, cases };
}
const lines = Object.entries(out).map(
  ([name, entry]) =>
    `"${name}":{"tokenizer":${JSON.stringify(entry.tokenizer)},"cases":[\n` + entry.cases.map((c) => JSON.stringify(c)).join(',\n') + ']}',
);
fs.writeFileSync('pipelines.json', `{${lines.join(',\n')}}\n`);
