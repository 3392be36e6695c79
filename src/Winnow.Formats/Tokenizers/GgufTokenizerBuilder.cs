using System;
using System.Collections.Generic;
using System.Text;
using Winnow.Formats.Tokenizers.Decoders;
using Winnow.Formats.Tokenizers.Models;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers;

/// <summary>Builds a tokenizer from a GGUF vocabulary after checking it.</summary>
internal sealed class GgufTokenizerBuilder
{
    private const string KeyPrefix = "tokenizer.ggml.";
    private const string Space = "\u2581";

    private static readonly IReadOnlyList<DecoderStep> LeadingSpace = [DecoderStep.Strip(new Rune(' '), 1, 0)];

    private readonly GgufVocabulary _source;
    private readonly Vocabulary _vocabulary;

    private GgufTokenizerBuilder(GgufVocabulary source)
    {
        _source = source;
        _vocabulary = ReadTokens();
    }

    public static TokenizerParts Build(GgufVocabulary source)
    {
        var builder = new GgufTokenizerBuilder(source);
        return source.Model switch
        {
            "llama" => builder.BuildLlama(),
            "gpt2" => builder.BuildGpt2(),
            "bert" => builder.BuildBert(),
            "t5" => builder.BuildT5(),
            _ => throw builder.Error($"'{source.Model}' is not known to this version", "model"),
        };
    }

    private TokenizerParts BuildLlama()
    {
        IReadOnlyList<float> scores = GgufScores.Require(_source);
        int? unknown = Id(_source.UnknownId, 0, "unknown_token_id");
        bool addSpace = _source.AddSpacePrefix ?? true;
        var stages = new List<Normalizer> { TextNormalizer.Replace(" ", Space) };
        if (addSpace)
        {
            stages.Insert(0, TextNormalizer.Prepend(Space));
        }

        var model = new SentencePieceModel(_vocabulary, scores, unknown);
        var pipeline = new TokenPipeline(AddedTokens(), new SequenceNormalizer(stages), null, model);
        return Assemble(
            pipeline,
            addSpace ? LeadingSpace : [],
            Id(_source.BosId, 1, "bos_token_id"),
            Id(_source.EosId, 2, "eos_token_id"),
            _source.AddBos ?? true) with
        {
            TokenBytes = SentencePieceBytes,
        };
    }

    private TokenizerParts BuildGpt2()
    {
        if (GgufPreTokenizers.Find(_source.Pre) is not { } recipe)
        {
            throw Error($"'{_source.Pre}' is not known to this version; another one would cut words wrongly", "pre");
        }

        var options = new BpeOptions { IgnoreMerges = recipe.IgnoreMerges };
        var model = new BpeModel(_vocabulary, ReadMerges(), options);
        var pipeline = new TokenPipeline(AddedTokens(), null, recipe.PreTokenizer, model);
        return Assemble(
            pipeline,
            [],
            Id(_source.BosId, null, "bos_token_id"),
            Id(_source.EosId, null, "eos_token_id"),
            _source.AddBos ?? recipe.AddBos) with
        {
            TokenBytes = ByteLevelBytes,
        };
    }

    private TokenizerParts BuildBert()
    {
        int unknown = Id(_source.UnknownId, 100, "unknown_token_id")
            ?? throw Error("is missing, and words that cannot be spelled need it", "unknown_token_id");
        var normalizer = new SequenceNormalizer([
            new TextNormalizer(CharacterRules.Clean),
            new TextNormalizer(CharacterRules.SpaceChinese),
            UnicodeForms.Create(NormalizationForm.FormD),
            new TextNormalizer(CharacterRules.RemoveAccents),
            new TextNormalizer(CharacterRules.Lower)]);
        var model = new WordPieceModel(_vocabulary, Space, "", unknown, int.MaxValue);
        var pipeline = new TokenPipeline(AddedTokens(), normalizer, WordSplitter.Bert(), model);
        return Assemble(
            pipeline,
            LeadingSpace,
            Id(_source.BosId, 101, "bos_token_id"),
            Id(_source.EosId, null, "eos_token_id"),
            _source.AddBos ?? true,
            Id(_source.SeparatorId, 102, "seperator_token_id")) with
        {
            TokenBytes = SentencePieceBytes,
        };
    }

    private TokenizerParts BuildT5()
    {
        IReadOnlyList<float> scores = GgufScores.Require(_source);
        int unknown = Id(_source.UnknownId, 2, "unknown_token_id")
            ?? throw Error("is missing, and characters that no token holds need it", "unknown_token_id");
        var stages = new List<Normalizer>();
        if (_source.PrecompiledCharsMap is { Length: > 0 } blob)
        {
            stages.Add(CharsMap.TryRead(blob)
                ?? throw Error("is not a compiled normalization map; convert the model again", "precompiled_charsmap"));
        }

        bool merge = _source.RemoveExtraWhitespaces ?? false;
        bool prepend = _source.AddSpacePrefix ?? false;
        stages.Add(new TextNormalizer(text => SpaceEscape.Apply(text, prepend, merge)));
        var model = new UnigramModel(_vocabulary, GgufScores.Widen(scores), GgufScores.LowestNormal(scores, _vocabulary), unknown, byteFallback: false);
        var pipeline = new TokenPipeline(AddedTokens(), new SequenceNormalizer(stages), null, model);
        return Assemble(
            pipeline,
            prepend || merge ? LeadingSpace : [],
            Id(_source.BosId, null, "bos_token_id"),
            Id(_source.EosId, 1, "eos_token_id"),
            _source.AddBos ?? false,
            addEos: true) with
        {
            TokenBytes = SentencePieceBytes,
        };
    }

    private TokenizerParts Assemble(
        TokenPipeline pipeline,
        IReadOnlyList<DecoderStep> steps,
        int? bos,
        int? eos,
        bool addBos,
        int? separator = null,
        bool addEos = false)
    {
        var after = new List<int>();
        if (separator is int last)
        {
            after.Add(last);
        }

        if ((_source.AddEos ?? addEos) && eos is int end)
        {
            after.Add(end);
        }

        return new TokenizerParts
        {
            Vocabulary = _vocabulary,
            Pipeline = pipeline,
            Decoder = new DecoderChain(steps, takesBytes: true),
            Prefix = addBos && bos is int first ? [first] : [],
            Suffix = after,
            BosId = bos,
            EosId = eos,
            EndOfGenerationIds = SpecialTexts.FindEnds(
                _vocabulary, eos, Id(_source.EotId, null, "eot_token_id"), Id(_source.EomId, null, "eom_token_id")),
            TokenBytes = _vocabulary.Bytes,
        };
    }

    private Vocabulary ReadTokens()
    {
        IReadOnlyList<byte[]> tokens = _source.Tokens;
        if (tokens.Count == 0)
        {
            throw Error("holds no tokens; convert the model again", "tokens");
        }

        if (_source.TokenTypes is not null && _source.TokenTypes.Count != tokens.Count)
        {
            throw Error($"has {_source.TokenTypes.Count} entries for {tokens.Count} tokens; convert the model again", "token_type");
        }

        var builder = new VocabularyBuilder(_source.Path);
        for (int id = 0; id < tokens.Count; id++)
        {
            int type = _source.TokenTypes?[id] ?? (int)TokenKind.Normal;
            if (type is < 0 or > (int)TokenKind.Byte)
            {
                throw Error($"is {type} for token {id}; 1 to 6 are known", "token_type");
            }

            builder.AddListedToken(tokens[id], id, type == 0 ? TokenKind.Unused : (TokenKind)type);
        }

        return builder.Build();
    }

    private MergeTable ReadMerges()
    {
        if (_source.Merges is null)
        {
            throw Error("is missing, and byte-pair encoding needs it; convert the model again", "merges");
        }

        var merges = new MergeTable();
        for (int rank = 0; rank < _source.Merges.Count; rank++)
        {
            string text = _source.Merges[rank];
            int space = text.Length > 1 ? text.IndexOf(' ', 1) : -1;
            if (space < 0 || !merges.TryAdd(_vocabulary, text.AsSpan(0, space), text.AsSpan(space + 1), rank, 0))
            {
                throw Error($"\"{text}\" at place {rank} does not join two tokens into a third; convert the model again", "merges");
            }
        }

        return merges;
    }

    private List<AddedToken> AddedTokens()
    {
        var added = new List<AddedToken>();
        for (int id = 0; id < _vocabulary.Size; id++)
        {
            TokenKind kind = _vocabulary.Kind(id);
            if (kind is TokenKind.Control or TokenKind.Unknown or TokenKind.UserDefined && _vocabulary.Bytes(id).Length > 0)
            {
                added.Add(new AddedToken(id, _vocabulary.Text(id), Special: kind != TokenKind.UserDefined));
            }
        }

        return added;
    }

    private byte[] SentencePieceBytes(int id)
    {
        string text = _vocabulary.Text(id);
        return _vocabulary.Kind(id) switch
        {
            TokenKind.Byte => ByteFallbackStage.TryParse(text, out byte value) ? [value] : _vocabulary.Bytes(id),
            TokenKind.Normal or TokenKind.Unused when text.Contains(Space, StringComparison.Ordinal)
                => Encoding.UTF8.GetBytes(text.Replace(Space, " ", StringComparison.Ordinal)),
            _ => _vocabulary.Bytes(id),
        };
    }

    private byte[] ByteLevelBytes(int id)
    {
        return _vocabulary.Kind(id) is TokenKind.Normal or TokenKind.Unused
            ? ByteAlphabet.ToBytes(_vocabulary.Text(id)) : _vocabulary.Bytes(id);
    }

    private int? Id(int? id, int? absent, string key)
    {
        if (id is int value)
        {
            return value >= 0 && value < _vocabulary.Size ? value
                : throw Error($"is {value}, but the vocabulary has {_vocabulary.Size} tokens", key);
        }

        return absent < _vocabulary.Size ? absent : null;
    }

    private ModelFormatException Error(string message, string key) => new(message, _source.Path, key: KeyPrefix + key);
}
