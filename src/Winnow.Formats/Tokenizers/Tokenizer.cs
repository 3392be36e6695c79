using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers.Decoders;
using Winnow.Formats.Tokenizers.Json;

namespace Winnow.Formats.Tokenizers;

/// <summary>Turns text into token ids and back, as the model was trained to expect. Safe for several threads at once.</summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts _parts;
    private readonly byte[]?[] _tokenBytes;
    private readonly TextPool _texts = new();

    internal Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        _tokenBytes = new byte[]?[parts.Vocabulary.Size];
        AddsBos = parts.BosId is int bos && parts.Prefix.Count > 0 && parts.Prefix[0] == bos;
    }

    /// <summary>The largest token id plus one. The model's logits may have more rows: those have no token.</summary>
    public int VocabularySize => _parts.Vocabulary.Size;

    /// <summary>The token that begins a sequence, where there is one.</summary>
    public int? BosId => _parts.BosId;

    /// <summary>The token that ends a sequence, where there is one.</summary>
    public int? EosId => _parts.EosId;

    /// <summary>Every token known to end generation: end of sequence, of turn and of message.</summary>
    public IReadOnlyList<int> EndOfGenerationIds => _parts.EndOfGenerationIds;

    /// <summary>Whether encoding with special tokens begins with <see cref="BosId"/>.</summary>
    public bool AddsBos { get; }

    /// <summary>Reads a <c>tokenizer.json</c> and, where it lies beside, <c>tokenizer_config.json</c>.</summary>
    /// <exception cref="ModelFormatException">
    /// A file is missing, cannot be read, is damaged or uses a component that is not known; the message names it.
    /// </exception>
    public static Tokenizer Load(string tokenizerJsonPath)
    {
        ArgumentException.ThrowIfNullOrEmpty(tokenizerJsonPath);
        byte[] json = ReadFile(tokenizerJsonPath);
        string config = Path.Combine(Path.GetDirectoryName(tokenizerJsonPath) ?? "", "tokenizer_config.json");
        TokenizerOptions options = File.Exists(config)
            ? TokenizerConfigReader.Read(ReadFile(config), config) : new TokenizerOptions();
        return Parse(json, options, tokenizerJsonPath);
    }

    /// <summary>Reads the content of a <c>tokenizer.json</c>.</summary>
    /// <param name="tokenizerJson">The file's bytes, UTF-8.</param>
    /// <param name="options">What <c>tokenizer_config.json</c> would say; null for nothing.</param>
    /// <param name="path">The name that error messages use.</param>
    /// <exception cref="ModelFormatException">The content is damaged or uses a component that is not known.</exception>
    public static Tokenizer Parse(ReadOnlySpan<byte> tokenizerJson, TokenizerOptions? options = null, string? path = null)
    {
        return new Tokenizer(TokenizerJsonReader.Read(tokenizerJson, options ?? new TokenizerOptions(), path));
    }

    /// <summary>Builds the tokenizer that a GGUF file carries.</summary>
    /// <exception cref="ModelFormatException">The vocabulary contradicts itself or names a model or <c>pre</c> that is not known.</exception>
    public static Tokenizer FromGguf(GgufVocabulary vocabulary)
    {
        ArgumentNullException.ThrowIfNull(vocabulary);
        return new Tokenizer(GgufTokenizerBuilder.Build(vocabulary));
    }

    /// <summary>The ids of a text.</summary>
    /// <param name="text">Any text; half surrogate pairs count as U+FFFD.</param>
    /// <param name="addSpecial">Adds the tokens that the vocabulary puts around a sequence, such as the one that begins it.</param>
    /// <param name="parseSpecial">
    /// Whether text that spells a special token becomes that token. Leave it off for text of users: it may spell anything.
    /// </param>
    public int[] Encode(string text, bool addSpecial = true, bool parseSpecial = false)
    {
        var ids = new List<int>();
        Encode(text, ids, addSpecial, parseSpecial);
        return ids.ToArray();
    }

    /// <summary>Appends the ids of a text to a list; the parameters are those of <see cref="Encode(string, bool, bool)"/>.</summary>
    public void Encode(string text, List<int> destination, bool addSpecial, bool parseSpecial)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(destination);
        if (addSpecial)
        {
            destination.AddRange(_parts.Prefix);
        }

        _parts.Pipeline.Encode(text, parseSpecial, destination);
        if (addSpecial)
        {
            destination.AddRange(_parts.Suffix);
        }
    }

    /// <summary>The ids of a rendered chat template: special tokens count where the template wrote them, and nothing is added around it.</summary>
    /// <param name="segments">What the template rendered.</param>
    public int[] Encode(IReadOnlyList<ChatTemplateSegment> segments)
    {
        ArgumentNullException.ThrowIfNull(segments);
        var ids = new List<int>();
        _parts.Pipeline.Encode(segments, ids);
        return ids.ToArray();
    }

    /// <summary>The text of a sequence of ids; bytes that are not UTF-8 become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        StreamingDecoder decoder = CreateStreamingDecoder(skipSpecial);
        foreach (int id in ids)
        {
            decoder.Feed(id);
        }

        return decoder.Flush();
    }

    /// <summary>Starts decoding a sequence id by id.</summary>
    public StreamingDecoder CreateStreamingDecoder(bool skipSpecial = true) => new(this, _parts.Decoder, _texts, skipSpecial);

    /// <summary>Starts decoding what follows <paramref name="prompt"/>, whose own text is not returned.</summary>
    /// <remarks>
    /// Tokens decode differently at the start of a text (SentencePiece drops a leading space there), so text that a model
    /// generates is decoded as a continuation of its prompt.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The vocabulary has no such id.</exception>
    public StreamingDecoder CreateStreamingDecoder(ReadOnlySpan<int> prompt, bool skipSpecial = true)
    {
        StreamingDecoder decoder = CreateStreamingDecoder(skipSpecial);
        foreach (int id in prompt)
        {
            decoder.Push(id);
        }

        return decoder;
    }

    /// <summary>The token as the vocabulary spells it; empty for an id that no token has.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public string TokenText(int id)
    {
        CheckId(id);
        return _parts.Vocabulary.Text(id);
    }

    /// <summary>The bytes that a token adds in the middle of a text; need not be whole UTF-8 characters.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public ReadOnlyMemory<byte> TokenBytes(int id)
    {
        CheckId(id);
        byte[]? known = Volatile.Read(ref _tokenBytes[id]);
        return known ?? (_tokenBytes[id] = _parts.TokenBytes(id));
    }

    /// <summary>Finds a token by the vocabulary's spelling.</summary>
    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        return _parts.Vocabulary.TryGetId(token, out id);
    }

    /// <summary>Whether the token steers the model instead of standing for text.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is outside the vocabulary.</exception>
    public bool IsSpecial(int id)
    {
        CheckId(id);
        return _parts.Vocabulary.Kind(id) is TokenKind.Control or TokenKind.Unknown;
    }

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelFormatException($"cannot be read ({exception.Message}); check the path", path, innerException: exception);
        }
    }

    internal void CheckId(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, VocabularySize);
    }
}
