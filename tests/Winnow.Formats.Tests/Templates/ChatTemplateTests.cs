using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.Json;
using System.Threading;
using NUnit.Framework;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

public sealed class ChatTemplateTests
{
    [Test]
    public void Parse_SyntaxErrorNamesFileLineAndByte()
    {
        const string Source = "é\n{% if x %}\n{{ 1 + }}";
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ChatTemplate.Parse(Source, "a.jinja"))!;
        Assert.That(exception.Path, Is.EqualTo("a.jinja"));
        Assert.That(exception.Offset, Is.EqualTo(21));
        Assert.That(exception.Message, Does.StartWith("a.jinja, 'chat_template', at byte 21: line 3: unexpected '}}'"));
    }

    [TestCase("{{ a|nope }}", "the filter 'nope'")]
    [TestCase("{{ a is nope }}", "the test 'nope'")]
    [TestCase("{{ 'a'.encode() }}", "the method str.encode")]
    [TestCase("{{ {}.update() }}", "the method dict.update")]
    [TestCase("{{ [].sort() }}", "the method list.sort")]
    [TestCase("{{ '%s' % 1 }}", "formatting a text with '%'")]
    [TestCase("{{ strftime_now('%Q') }}", "the time format '%Q'")]
    public void Render_UnknownConstructNamesIt(string source, string named)
    {
        var template = ChatTemplate.Parse("\n" + source);
        Assert.That(
            () => template.Render(Input()),
            Throws.TypeOf<ModelFormatException>().With.Message.Contains($"line 2: {named} is not supported"));
    }

    [Test]
    public void Render_RefusalCarriesTheTemplatesWordsAndLine()
    {
        var template = ChatTemplate.Parse("a\n{{ raise_exception('Roles must alternate: ' ~ messages|length) }}");
        ChatTemplateException exception = Assert.Throws<ChatTemplateException>(() => template.Render(Input()))!;
        Assert.That(exception.Message, Is.EqualTo("Roles must alternate: 0"));
        Assert.That(exception.Line, Is.EqualTo(2));
    }

    [Test]
    public void Render_MissingFieldNamesTemplateAndLine()
    {
        var template = ChatTemplate.Parse("\n{{ messages[0].content }}", "a.jinja");
        Assert.That(
            () => template.Render(Input()),
            Throws.TypeOf<ChatTemplateException>().With.Message.EqualTo("a.jinja, line 2: list object has no element 0"));
    }

    [Test]
    public void Render_TypedMessageHasTheFieldsThatTemplatesRead()
    {
        var template = ChatTemplate.Parse("{% for m in messages %}{{ m|tojson }}\n{% endfor %}");
        string text = template.Render(Input(
            new ChatTemplateMessage("user", "Hi") { Name = "Ann" },
            new ChatTemplateMessage("assistant", null)
            {
                ReasoningContent = "hm",
                ToolCalls = [new ChatTemplateToolCall("f", "{\"b\": 1.0, \"a\": 12345678901234567890123, \"c\": 1e2}", "id1")],
            },
            new ChatTemplateMessage("tool", "ok")
            {
                ToolCallId = "id1",
                Fields = new Dictionary<string, JsonElement> { ["extra"] = Json("[null, true]"), ["content"] = Json("{\"x\": 1}") },
            }));
        Assert.That(text, Is.EqualTo(
            """
            {"role": "user", "content": "Hi", "name": "Ann"}
            {"role": "assistant", "reasoning_content": "hm", "tool_calls": [{"id": "id1", "type": "function", "function": {"name": "f", "arguments": {"b": 1.0, "a": 12345678901234567890123, "c": 100.0}}}]}
            {"role": "tool", "content": {"x": 1}, "tool_call_id": "id1", "extra": [null, true]}

            """));
    }

    [Test]
    public void Render_VariablesKeepTheirTypes()
    {
        var input = new ChatTemplateInput
        {
            Messages = [],
            Variables = new Dictionary<string, object?>
            {
                ["a"] = true,
                ["b"] = 3,
                ["c"] = 4L,
                ["d"] = 1.0,
                ["e"] = "x",
                ["f"] = null,
                ["g"] = Json("[1, 2.50]"),
            },
        };
        Assert.That(ChatTemplate.Parse("{{ [a, b, c, d, e, f, g] }}").Render(input), Is.EqualTo("[True, 3, 4, 1.0, 'x', None, [1, 2.5]]"));
    }

    [Test]
    public void Render_WrongArgumentsThrowAtOnce()
    {
        var template = ChatTemplate.Parse("x");
        Assert.That(() => template.Render(null!), Throws.ArgumentNullException);
        Assert.That(() => template.Render(new ChatTemplateInput { Messages = null! }), Throws.ArgumentNullException);
        Assert.That(() => template.Render(Input((ChatTemplateMessage)null!)), Throws.ArgumentNullException);
        Assert.That(
            () => template.Render(new ChatTemplateInput { Messages = [], Variables = new Dictionary<string, object?> { ["v"] = DateTime.Now } }),
            Throws.ArgumentException.With.Message.Contains("'v'"));
        Assert.That(() => template.Render(new ChatTemplateInput { Messages = [], Tools = [default] }), Throws.ArgumentException);
        Assert.That(
            () => template.Render(new ChatTemplateInput { Messages = [], Tools = [Json("[\"\\ud800\"]")] }), Throws.ArgumentException);
        Assert.That(() => ChatTemplate.Parse(null!), Throws.ArgumentNullException);
        Assert.That(() => new ChatTemplateMessage(null!, "x"), Throws.ArgumentNullException);
        Assert.That(() => new ChatTemplateToolCall("f", "{"), Throws.ArgumentException);
        Assert.That(() => new ChatTemplateToolCall("f", default(JsonElement)), Throws.ArgumentException);
        Assert.That(() => ChatTemplateMessage.FromJson(Json("{\"content\": \"x\"}")), Throws.ArgumentException);
        Assert.That(() => ChatTemplateMessage.FromJson(Json("[]")), Throws.ArgumentException);
    }

    [Test]
    public void Render_CultureDoesNotMatter()
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
            string text = ChatTemplate.Parse("{{ 1.5 }} {{ 'TITLE'|lower }} {{ 'i'.upper() }} {{ -3 }} {{ strftime_now('%A %d %B') }}")
                .Render(new ChatTemplateInput { Messages = [], Now = TemplateData.Now });
            Assert.That(text, Is.EqualTo("1.5 title I -3 Friday 07 March"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Test]
    public void Render_WithoutInjectedTimeTakesTheClock()
    {
        string text = ChatTemplate.Parse("{{ strftime_now('%Y-%m-%dT%H:%M:%S') }}").Render(Input());
        var printed = DateTime.Parse(text, CultureInfo.InvariantCulture);
        Assert.That(printed, Is.EqualTo(DateTime.Now).Within(TimeSpan.FromMinutes(1)));
    }

    // What Jinja prints.
    [TestCase("{% macro m(a) %}{{ a }}|{{ varargs }}|{{ kwargs }}{% endmacro %}{{ m(1, 2, 'x', b=3) }}", "1|(2, 'x')|{'b': 3}")]
    [TestCase("{% macro m(a, b=5) %}{{ a }}{{ b }}{{ varargs }}{% endmacro %}{{ m(1) }}", "15()")]
    [TestCase("{% macro m(a) %}{{ kwargs.get('b', 7) }}{% endmacro %}{{ m(a=1) }}{{ m(1, b=2) }}", "72")]
    [TestCase("{% macro m() %}{% for x in varargs %}[{{ x }}]{% endfor %}{% endmacro %}{{ m(1, 2) }}{{ m() }}", "[1][2]")]
    [TestCase("{% macro m(varargs) %}{{ varargs }}{% endmacro %}{{ m(1) }}", "1")]
    [TestCase("{{ varargs is defined }}", "False")]
    [TestCase("{{ range(0, 10, 3) }}{{ range(5, 2) }}{{ range(9, 0, -4) }}{{ range(3) }}", "range(0, 10, 3)range(5, 2)range(9, 0, -4)range(0, 3)")]
    public void Render_MacrosTakeFurtherArgumentsAndRangesPrintTheirBounds(string source, string expected)
    {
        Assert.That(ChatTemplate.Parse(source).Render(Input()), Is.EqualTo(expected));
    }

    [TestCase("{% macro m(a) %}{{ a }}{{ kwargs }}{% endmacro %}{{ m(1, 2) }}")]
    [TestCase("{% macro m(a) %}{{ a }}{{ varargs }}{% endmacro %}{{ m(1, b=2) }}")]
    [TestCase("{% macro m(a) %}{{ a }}{% endmacro %}{% macro n() %}{{ varargs }}{% endmacro %}{{ m(1, 2) }}")]
    public void Render_OfArgumentsThatAMacroDoesNotTakeIsAnError(string source)
    {
        Assert.That(() => ChatTemplate.Parse(source).Render(Input()), Throws.TypeOf<ChatTemplateException>());
    }

    [Test]
    public void Render_ListsCanGrowThoughJinjasSandboxForbidsIt()
    {
        const string Source = "{% set x = [] %}{% for i in range(3) %}{% set _ = x.append(i) %}{% endfor %}{{ x }}{{ x.pop() }}{{ x.pop(0) }}{{ x }}";
        Assert.That(ChatTemplate.Parse(Source).Render(Input()), Is.EqualTo("[0, 1, 2]20[1]"));
    }

    [Test]
    public void Render_ChangedMessagesDoNotOutliveTheCall()
    {
        var template = ChatTemplate.Parse("{% set _ = messages.append(1) %}{{ messages|length }}");
        ChatTemplateInput input = Input(new ChatTemplateMessage("user", "x"));
        Assert.That(template.Render(input) + template.Render(input), Is.EqualTo("22"));
    }

    [Test]
    public void Render_ManyThreadsShareOneTemplate()
    {
        var template = ChatTemplate.Parse(TemplateData.Read("qwen-3.jinja"));
        ChatTemplateInput input = Input(new ChatTemplateMessage("user", "x"), new ChatTemplateMessage("assistant", "<think>a</think>b"));
        string expected = template.Render(input);
        int wrong = 0;
        Thread[] threads = [.. Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 50; i++)
            {
                if (template.Render(input) != expected)
                {
                    Interlocked.Increment(ref wrong);
                }
            }
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.That(wrong, Is.Zero);
    }

    private static ChatTemplateInput Input(params ChatTemplateMessage[] messages) => new() { Messages = messages };

    private static JsonElement Json(string text)
    {
        using JsonDocument document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
