using System;
using System.Collections.Generic;
using Winnow.Formats;
using Winnow.Formats.Templates;
using Winnow.Formats.Tokenizers;

namespace Winnow.Engine;

/// <summary>Turns prompts into tokens and checks tokens that callers bring. Safe for several threads.</summary>
internal sealed class PromptEncoder
{
    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate? _template;
    private readonly int _vocabulary;

    public PromptEncoder(Tokenizer tokenizer, ChatTemplate? template, int vocabulary) =>
        (_tokenizer, _template, _vocabulary) = (tokenizer, template, vocabulary);

    /// <summary>The tokens of a text that begins a sequence: never none.</summary>
    /// <exception cref="ArgumentException">The text has no tokens and the model has none that begins a text.</exception>
    public int[] Encode(string text, GenerationOptions options)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[] tokens = _tokenizer.Encode(text, options.AddSpecial ?? true, options.ParseSpecial ?? false);
        if (tokens.Length > 0)
        {
            return OfTheModel(tokens);
        }

        return _tokenizer.BosId is int bos ? [bos] : throw new ArgumentException(
            "The prompt is empty, and the model has no token that begins a text: give at least one character.", nameof(text));
    }

    /// <summary>The tokens of a text that continues a sequence; maybe none.</summary>
    public int[] EncodeMore(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return OfTheModel(_tokenizer.Encode(text, addSpecial: false, parseSpecial: false));
    }

    /// <summary>
    /// The tokens of a conversation: special tokens count where the template wrote them and nowhere else, and nothing is added,
    /// because the template writes the token that begins a text itself.
    /// </summary>
    /// <exception cref="WinnowException">The model has no chat template.</exception>
    public int[] Encode(IReadOnlyList<ChatTemplateMessage> messages, bool addGenerationPrompt)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (_template is null)
        {
            throw new WinnowException("The model has no chat template: give it a plain prompt, or use a model that was trained on conversations.");
        }

        var input = new ChatTemplateInput
        {
            Messages = messages,
            AddGenerationPrompt = addGenerationPrompt,
            BosToken = _template.BosToken ?? Spelling(_tokenizer.BosId),
            EosToken = _template.EosToken ?? Spelling(_tokenizer.EosId),
        };
        int[] tokens = _tokenizer.Encode(_template.RenderSegments(input));
        return tokens.Length > 0 ? OfTheModel(tokens) : throw new ArgumentException("The template makes nothing of these messages.", nameof(messages));
    }

    private string? Spelling(int? token) => token is int id ? _tokenizer.TokenText(id) : null;

    /// <summary>The tokenizer's tokens, if the model has them all: some files have tokens that were added to the tokenizer and never to the weights.</summary>
    /// <exception cref="ModelFormatException">The model has no weights for one.</exception>
    private int[] OfTheModel(int[] tokens)
    {
        int index = Array.FindIndex(tokens, token => (uint)token >= (uint)_vocabulary);
        return index < 0 ? tokens : throw new ModelFormatException(
            $"the tokenizer makes token {tokens[index]}, '{_tokenizer.TokenText(tokens[index])}', of this text, and the weights end at token {_vocabulary - 1}; "
            + "leave it out of the text, or get the tokenizer that belongs to the model.");
    }

    /// <summary>The same tokens, if the model has them all.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is outside of the vocabulary.</exception>
    public int[] Checked(int[] tokens)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_vocabulary)
            {
                throw new ArgumentOutOfRangeException(nameof(tokens), token, $"A token must be 0 to {_vocabulary - 1}.");
            }
        }

        return tokens;
    }
}
