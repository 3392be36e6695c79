using System;
using System.Collections.Generic;
using System.Text;
using System.Text.Json;
using Winnow.Formats.Tokenizers.Decoders;
using Winnow.Formats.Tokenizers.Models;
using Winnow.Formats.Tokenizers.Normalizers;
using Winnow.Formats.Tokenizers.PreTokenizers;

namespace Winnow.Formats.Tokenizers.Json;

/// <summary>Reads a whole <c>tokenizer.json</c>.</summary>
internal static class TokenizerJsonReader
{
    public static TokenizerParts Read(ReadOnlySpan<byte> json, TokenizerOptions options, string? path)
    {
        using JsonDocument document = JsonPart.ParseDocument(json, path);
        var root = new JsonPart(document.RootElement, "", path);
        JsonPart modelPart = root.Get("model");
        ModelReader modelReader = ModelReader.Open(modelPart, path);
        List<AddedToken> added = ReadAddedTokens(root, modelReader.Builder);
        Vocabulary vocabulary = modelReader.BuildVocabulary();
        TokenModel model = modelReader.BuildModel(vocabulary);
        Normalizer? normalizer = root.TryGet("normalizer", out JsonPart part) ? NormalizerReader.Read(part) : null;
        PreTokenizer? preTokenizer = root.TryGet("pre_tokenizer", out part) ? PreTokenizerReader.Read(part) : null;
        DecoderChain decoder = DecoderReader.Read(root, options.CleanUpTokenizationSpaces);
        var around = new SpecialAffixes();
        if (root.TryGet("post_processor", out part))
        {
            PostProcessorReader.Read(part, vocabulary, around);
        }

        var special = new SpecialTokens(vocabulary, options, around, path);
        return new TokenizerParts
        {
            Vocabulary = vocabulary,
            Pipeline = new TokenPipeline(added, normalizer, preTokenizer, model),
            Decoder = decoder,
            Prefix = special.Prefix,
            Suffix = special.Suffix,
            BosId = special.BosId,
            EosId = special.EosId,
            EndOfGenerationIds = special.EndOfGenerationIds,
            TokenBytes = id => decoder.ToBytes(vocabulary.Text(id)),
        };
    }

    private static List<AddedToken> ReadAddedTokens(JsonPart root, VocabularyBuilder builder)
    {
        var tokens = new List<AddedToken>();
        if (!root.TryGet("added_tokens", out JsonPart list))
        {
            return tokens;
        }

        foreach (JsonPart item in list.Items())
        {
            string content = item.Text("content");
            bool special = item.Flag("special", false);
            long id = item.Get("id").Integer();
            builder.AddAddedToken(Encoding.UTF8.GetBytes(content), id, special, item.Key);
            tokens.Add(new AddedToken(
                (int)id,
                content,
                special,
                item.Flag("normalized", !special),
                item.Flag("single_word", false),
                item.Flag("lstrip", false),
                item.Flag("rstrip", false)));
        }

        return tokens;
    }
}
