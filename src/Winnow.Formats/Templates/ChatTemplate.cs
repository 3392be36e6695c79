using System;
using System.Collections.Generic;

namespace Winnow.Formats.Templates;

/// <summary>
/// A model's chat template: the Jinja2 program that turns a conversation into the text the model was trained on. The
/// dialect is that of Hugging Face transformers (trim_blocks, lstrip_blocks, loop controls, <c>tojson</c> without HTML
/// escapes, <c>raise_exception</c>, <c>strftime_now</c>). Thread-safe.
/// </summary>
/// <remarks>
/// A template is untrusted: its steps, its nesting and the text that it produces are bounded in proportion to the
/// conversation, and exceeding a bound is a <see cref="ModelFormatException"/>.
/// </remarks>
public sealed class ChatTemplate
{
    private readonly IReadOnlyList<TemplateStatement> _body;
    private readonly string? _name;
    private readonly ChatTemplate? _forTools;

    private ChatTemplate(string source, string? name, string? bosToken, string? eosToken, ChatTemplate? forTools)
    {
        Source = source;
        _body = ParseBody(source, name);
        _name = name;
        BosToken = bosToken;
        EosToken = eosToken;
        _forTools = forTools;
    }

    /// <summary>The template's text.</summary>
    public string Source { get; }

    /// <summary>The begin-of-sequence token that the model's folder names, or null.</summary>
    public string? BosToken { get; }

    /// <summary>The end-of-sequence token that the model's folder names, or null.</summary>
    public string? EosToken { get; }

    /// <summary>Parses a template.</summary>
    /// <param name="source">The template's text.</param>
    /// <param name="name">The file it came from, for messages.</param>
    /// <exception cref="ModelFormatException">The text is not a template; the message has the line, the offset counts bytes of UTF-8.</exception>
    public static ChatTemplate Parse(string source, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return new ChatTemplate(source, name, null, null, null);
    }

    /// <summary>
    /// Finds the template of a model folder: <c>chat_template.jinja</c>, or else <c>chat_template</c> in
    /// <c>tokenizer_config.json</c>. A variant named <c>tool_use</c> is used when tools are given.
    /// </summary>
    /// <param name="modelFolder">The folder of a model in Hugging Face layout.</param>
    /// <returns>The template with the folder's <see cref="BosToken"/> and <see cref="EosToken"/>, or null where there is none.</returns>
    /// <exception cref="ModelFormatException">A file is damaged.</exception>
    public static ChatTemplate? TryLoad(string modelFolder)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelFolder);
        ChatTemplateFolder folder = ChatTemplateFolder.Read(modelFolder);
        if (folder.Main is not { } main)
        {
            return null;
        }

        ChatTemplate? forTools = folder.ToolUse is { } tools
            ? new ChatTemplate(tools.Source, tools.Path, folder.BosToken, folder.EosToken, null)
            : null;
        return new ChatTemplate(main.Source, main.Path, folder.BosToken, folder.EosToken, forTools);
    }

    /// <summary>Renders a conversation.</summary>
    /// <param name="input">The conversation and what else the template reads.</param>
    /// <returns>The text to encode; see <see cref="RenderSegments"/> for the safe way to encode it.</returns>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, or cannot be applied to it.</exception>
    /// <exception cref="ModelFormatException">The template uses what Winnow does not know, or exceeds its limits.</exception>
    public string Render(ChatTemplateInput input) => Run(input).ToString();

    /// <summary>Renders a conversation and tells what the template wrote from what came out of the messages.</summary>
    /// <param name="input">The conversation and what else the template reads.</param>
    /// <returns>The text in order; neighbours differ in origin, none is empty.</returns>
    /// <exception cref="ChatTemplateException">The template refuses the conversation, or cannot be applied to it.</exception>
    /// <exception cref="ModelFormatException">The template uses what Winnow does not know, or exceeds its limits.</exception>
    public IReadOnlyList<ChatTemplateSegment> RenderSegments(ChatTemplateInput input) => Run(input).ToSegments();

    private static IReadOnlyList<TemplateStatement> ParseBody(string source, string? name)
    {
        try
        {
            return TemplateParser.Parse(source, name);
        }
        catch (InsufficientExecutionStackException exception)
        {
            throw new ModelFormatException(
                "the template nests too deep; it is damaged or hostile, use another one", name, key: "chat_template", innerException: exception);
        }
    }

    private TextBuilder Run(ChatTemplateInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(input.Messages);
        ChatTemplate template = input.Tools is { Count: > 0 } && _forTools is not null ? _forTools : this;
        var run = new TemplateRun(template._name, input.Now);
        try
        {
            TemplateScope root = new TemplateInputValues(run).ToScope(input, input.BosToken ?? BosToken, input.EosToken ?? EosToken);
            return new TemplateEvaluator(run, root).Render(template._body);
        }
        catch (InsufficientExecutionStackException exception)
        {
            throw new ModelFormatException(
                $"line {run.Line}: the template nests or recurses too deep; it is damaged or hostile, use another one",
                template._name, key: "chat_template", innerException: exception);
        }
    }
}
