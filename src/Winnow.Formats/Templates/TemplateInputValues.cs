using System;
using System.Collections.Generic;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Winnow.Formats.Templates;

/// <summary>Turns a conversation into template values, every text of it marked as message text.</summary>
internal sealed class TemplateInputValues(TemplateRun run)
{
    private const int MaxDigits = 4300;

    /// <summary>
    /// Roles that may become part of a special token: some templates spell <c>&lt;|user|&gt;</c> out of the role. No
    /// such word is dangerous by itself.
    /// </summary>
    private static readonly HashSet<string> KnownRoles = new(StringComparer.Ordinal)
    {
        "system", "developer", "user", "assistant", "model", "tool", "function", "ipython", "observation", "tool_response",
    };

    public TemplateScope ToScope(ChatTemplateInput input, string? bosToken, string? eosToken)
    {
        var scope = new TemplateScope(null);
        if (input.Variables is not null)
        {
            foreach (KeyValuePair<string, object?> variable in input.Variables)
            {
                scope.Set(variable.Key, FromVariable(variable.Key, variable.Value));
            }
        }

        var messages = new ListValue([]);
        foreach (ChatTemplateMessage message in input.Messages)
        {
            ArgumentNullException.ThrowIfNull(message, nameof(input));
            messages.Items.Add(FromMessage(message));
        }

        scope.Set("messages", messages);
        scope.Set("tools", FromList(input.Tools));
        scope.Set("documents", FromList(input.Documents));
        scope.Set("add_generation_prompt", BoolValue.Of(input.AddGenerationPrompt));
        SetToken(scope, "bos_token", bosToken);
        SetToken(scope, "eos_token", eosToken);
        return scope;
    }

    private static void SetToken(TemplateScope scope, string name, string? token)
    {
        if (token is not null)
        {
            scope.Set(name, new TextValue(token, isMessage: false));
        }
    }

    private TemplateValue FromList(IReadOnlyList<JsonElement>? items)
    {
        if (items is null)
        {
            return NoneValue.Instance;
        }

        var list = new ListValue([]);
        foreach (JsonElement item in items)
        {
            list.Items.Add(FromJson(item));
        }

        return list;
    }

    private DictValue FromMessage(ChatTemplateMessage message)
    {
        var dict = new DictValue(run);
        run.Allow(message.Role.Length);
        Set(dict, "role", new TextValue(message.Role, !KnownRoles.Contains(message.Role)));
        SetText(dict, "content", message.Content);
        SetText(dict, "name", message.Name);
        SetText(dict, "reasoning_content", message.ReasoningContent);
        if (message.ToolCalls is not null)
        {
            var calls = new ListValue([]);
            foreach (ChatTemplateToolCall call in message.ToolCalls)
            {
                calls.Items.Add(FromToolCall(call));
            }

            Set(dict, "tool_calls", calls);
        }

        SetText(dict, "tool_call_id", message.ToolCallId);
        foreach (KeyValuePair<string, JsonElement> field in message.Fields)
        {
            if (field.Key != "role")
            {
                Set(dict, field.Key, FromJson(field.Value));
            }
        }

        return dict;
    }

    private DictValue FromToolCall(ChatTemplateToolCall call)
    {
        var function = new DictValue(run);
        SetText(function, "name", call.Name);
        Set(function, "arguments", FromJson(call.Arguments));
        var dict = new DictValue(run);
        SetText(dict, "id", call.Id);
        Set(dict, "type", new TextValue("function", isMessage: false));
        Set(dict, "function", function);
        return dict;
    }

    private void SetText(DictValue dict, string name, string? text)
    {
        if (text is not null)
        {
            run.Allow(text.Length);
            Set(dict, name, new TextValue(text, isMessage: true));
        }
    }

    private static void Set(DictValue dict, string name, TemplateValue value) => dict.Items[new TextValue(name, isMessage: false)] = value;

    private TemplateValue FromVariable(string name, object? value)
    {
        run.Allow(name.Length);
        switch (value)
        {
            case null: return NoneValue.Instance;
            case bool boolean: return BoolValue.Of(boolean);
            case int number: return new IntValue(number);
            case long number: return new IntValue(number);
            case double number: return new FloatValue(number);
            case JsonElement json: return FromJson(json);
            case string text:
                run.Allow(text.Length);
                return new TextValue(text, isMessage: true);
            default:
                throw new ArgumentException(
                    $"Variable '{name}' is a {value.GetType().Name}; pass a bool, an int, a long, a double, a string or a JsonElement.");
        }
    }

    private TemplateValue FromJson(JsonElement json)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        run.Allow(0);
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                string text = ReadText(json);
                run.Allow(text.Length);
                return new TextValue(text, isMessage: true);
            case JsonValueKind.Number:
                return FromNumber(json.GetRawText());
            case JsonValueKind.Array:
                var list = new ListValue(new List<TemplateValue>(json.GetArrayLength()));
                foreach (JsonElement item in json.EnumerateArray())
                {
                    list.Items.Add(FromJson(item));
                }

                return list;
            case JsonValueKind.Object:
                var dict = new DictValue(run);
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    run.Allow(property.Name.Length);
                    dict.Items[new TextValue(property.Name, isMessage: true)] = FromJson(property.Value);
                }

                return dict;
            case JsonValueKind.Undefined:
                throw new ArgumentException("The conversation holds an uninitialized JsonElement.");
            default:
                return json.ValueKind == JsonValueKind.Null ? NoneValue.Instance : BoolValue.Of(json.ValueKind == JsonValueKind.True);
        }
    }

    private static string ReadText(JsonElement json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new ArgumentException("The conversation holds a JSON text with half a surrogate pair.", exception);
        }
    }

    /// <summary>Digits alone are an int of any size; a point or an exponent makes it a float, so 1.0 stays 1.0.</summary>
    private static TemplateValue FromNumber(string lexeme)
    {
        if (lexeme.AsSpan().IndexOfAny('.', 'e', 'E') >= 0)
        {
            return new FloatValue(double.Parse(lexeme, CultureInfo.InvariantCulture));
        }

        return lexeme.Length <= MaxDigits
            ? new IntValue(BigInteger.Parse(lexeme, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture))
            : throw new ArgumentException($"The conversation holds a number of more than {MaxDigits} digits.");
    }
}
