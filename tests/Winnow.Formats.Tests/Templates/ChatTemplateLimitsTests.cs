using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Text;
using System.Threading;
using NUnit.Framework;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

/// <summary>A hostile template ends in a ModelFormatException, soon, with little memory, and never takes the process down.</summary>
public sealed class ChatTemplateLimitsTests
{
    private const long MaxAllocatedBytes = 400L << 20;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private static IEnumerable<string> HostileTemplates() =>
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 10**30 }}",
        "{{ [0] * 10**9 }}",
        "{{ range(10**12) }}",
        "{{ range(0, 0 - 10**12, -1) }}",
        "{{ 10 ** (10 ** 10) }}",
        "{{ 'a'.rjust(2000000000) }}",
        "{{ 'a'.zfill(2000000000) }}",
        "{{ 'a'|indent(2000000000, true) }}",
        "{{ [[[[]]]]|tojson(indent=1000000000) }}",
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m(x) %}{{ m(x + 1) }}{{ m(x + 1) }}{% endmacro %}{{ m(0) }}",
        "{% macro m(x=m()) %}{% endmacro %}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        Doubling("ns.x = ns.x + ns.x", "'aaaaaaaa'"),
        Doubling("ns.x = ns.x + ns.x", "[1, 2, 3, 4]"),
        Doubling("ns.x = [ns.x, ns.x]", "[]", "{{ ns.x }}"),
        Doubling("ns.x = [ns.x, ns.x]", "[]", "{{ ns.x|tojson }}"),
        Doubling("ns.x = [ns.x, ns.x]", "[]", "{% set y = namespace(x=[]) %}{% for i in range(99) %}{% set y.x = [y.x, y.x] %}{% endfor %}{{ ns.x == y.x }}"),
        Doubling("ns.x = (ns.x, ns.x)", "1", "{{ {ns.x: 1} }}"),
        Doubling("ns.x = ns.x * ns.x", "3"),
        Doubling("ns.x = ns.x.replace('a', 'aaaa')", "'a'"),
        Doubling("ns.x = ns.x|join('bb')", "'aaaa'"),
        Doubling("ns.x = ns.x|tojson", "'\"'"),
        Doubling("ns.x = ns.x|string|list|string", "'ab'"),
        "{% set x = [] %}{% set _ = x.append(x) %}{{ x }}",
        "{% set x = [] %}{% set _ = x.append(x) %}{{ x|tojson }}",
        "{% set x = [] %}{% set y = [] %}{% set _ = x.append(y) %}{% set _ = y.append(x) %}{{ x == y }}",
        "{% set x = [] %}{% set y = [] %}{% set _ = x.append(y) %}{% set _ = y.append(x) %}{{ [x, y]|sort }}",
        "{% set x = [1] %}{% for i in range(60) %}{% set _ = x.extend(x) %}{% endfor %}",
        "{% set x = 'ab' * 1000000 %}{% for i in range(100000) %}{{ 'c' in x }}{% endfor %}",
        "{% set x = 'a' * 900000 %}{% set y = 'a' * 200000 ~ 'b' ~ 'a' * 200000 %}{% for i in range(1000) %}{{ y in x }}{% endfor %}",
        "{% set x = 'a' * 2000000 %}{% for i in range(100000) %}{{ x == x ~ '' }}{% endfor %}",
        "{% set x = 'a b ' * 500000 %}{% for i in range(100000) %}{{ x.split()|length }}{% endfor %}",
        "{% set x = '9' * 999 %}{% for i in range(100000) %}{{ x|int }}{% endfor %}",
        "{% for i in range(100000) %}{{ 7 ** 4000 // 3 ** 4000 }}{% endfor %}",
        "{% for i in range(100000) %}{{ range(100000)|sort|length }}{% endfor %}",
        "{% for i in range(100000) %}{% set x = 'a' * 100000 %}{% endfor %}",
        "{% set f = range(99999)|map('string')|map('upper')|map('lower')|map('list')|list %}{% for i in range(9999) %}{{ f|length }}{% endfor %}{{ f == f|reverse|list }}",
        "{{ " + string.Concat(Enumerable.Repeat("'a' + ", 5000)) + "'a' }}",
        "{{ a" + string.Concat(Enumerable.Repeat("|upper", 5000)) + " }}",
        "{{ a" + string.Concat(Enumerable.Repeat(".a", 5000)) + " }}",
    ];

    private static IEnumerable<TestCaseData> NestedTemplates()
    {
        (string Open, string Middle, string Close)[] shapes =
        [
            ("(", "1", ")"), ("[", "", "]"), ("{1: ", "1", "}"), ("-", "1", ""), ("not ", "1", ""), ("a(", "", ")"), ("a[", "1", "]"),
            ("a|b(", "", ")"), ("1 if 1 else ", "1", ""), ("a is b(", "", ")"),
        ];
        foreach ((string open, string middle, string close) in shapes)
        {
            yield return new TestCaseData("{{ " + Repeat(open) + middle + Repeat(close) + " }}").SetArgDisplayNames(open);
        }

        yield return new TestCaseData(Repeat("{% if 1 %}") + Repeat("{% endif %}")).SetArgDisplayNames("if");
        yield return new TestCaseData(Repeat("{% for x in [1] %}") + Repeat("{% endfor %}")).SetArgDisplayNames("for");
        yield return new TestCaseData(Repeat("{% set x %}") + Repeat("{% endset %}")).SetArgDisplayNames("set");
        yield return new TestCaseData("{% for " + Repeat("(") + "x" + Repeat(")") + " in y %}{% endfor %}").SetArgDisplayNames("target");

        static string Repeat(string part) => new StringBuilder().Insert(0, part, 50_000).ToString();
    }

    [TestCaseSource(nameof(HostileTemplates))]
    public void Render_HostileTemplateEndsSoon(string source)
    {
        var template = ChatTemplate.Parse(source);
        CheckEndsSoon(() => template.Render(new ChatTemplateInput { Messages = [new ChatTemplateMessage("user", "Hello")] }));
    }

    [TestCaseSource(nameof(NestedTemplates))]
    public void Parse_DeepNestingIsRefused(string source) => CheckEndsSoon(() => ChatTemplate.Parse(source));

    [Test]
    public void Render_SmallStackIsEnough()
    {
        var template = ChatTemplate.Parse("{% macro m(x) %}{{ [m(x + 1)] }}{% endmacro %}{{ m(0) }}");
        Exception? caught = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    template.Render(new ChatTemplateInput { Messages = [] });
                }
                catch (WinnowException exception)
                {
                    caught = exception;
                }
            },
            maxStackSize: 256 << 10);
        thread.Start();
        thread.Join();
        Assert.That(caught, Is.TypeOf<ModelFormatException>());
    }

    [Test]
    public void Parse_HugeSourceIsRefused() =>
        Assert.That(() => ChatTemplate.Parse(new string('a', 5_000_000)), Throws.TypeOf<ModelFormatException>());

    [Test]
    public void Parse_ManyTagsTakeLinearTime()
    {
        string source = new StringBuilder().Insert(0, "{% if a %}\n{{ b }}{# c #}{% endif %}{% raw %}{{{% endraw %}", 50_000).ToString();
        Stopwatch watch = Stopwatch.StartNew();
        ChatTemplate.Parse(source);
        Assert.That(watch.Elapsed, Is.LessThan(MaxTime));
    }

    [TestCase("{# ")]
    [TestCase("{% raw %} {% ")]
    [TestCase("{% raw %}{% endraw")]
    [TestCase("{{ 'a")]
    [TestCase("{{ ")]
    public void Parse_ManyUnfinishedTagsTakeLinearTime(string part)
    {
        string source = new StringBuilder().Insert(0, part, 100_000).ToString();
        CheckEndsSoon(() => ChatTemplate.Parse(source));
    }

    [Test]
    public void Render_LongConversationStaysWithinTheLimits()
    {
        string content = string.Concat(Enumerable.Repeat("All work and no play. ", 500));
        ChatTemplateMessage[] messages = [.. Enumerable.Range(0, 301).Select(
            i => new ChatTemplateMessage(i % 2 == 0 ? "user" : "assistant", $"<think>\nhm\n</think>\n\n{content}"))];
        foreach (string family in TemplateData.Families())
        {
            var template = ChatTemplate.Parse(TemplateData.Read(family + ".jinja"));
            string text = template.Render(new ChatTemplateInput { Messages = messages, BosToken = "<s>", EosToken = "</s>", Now = TemplateData.Now });
            Assert.That(text, Has.Length.GreaterThan(messages.Length * content.Length / 2), family);
        }
    }

    private static void CheckEndsSoon(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Stopwatch watch = Stopwatch.StartNew();
        Assert.That(action, Throws.TypeOf<ModelFormatException>());
        Assert.That(watch.Elapsed, Is.LessThan(MaxTime));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(MaxAllocatedBytes));
    }

    private static string Doubling(string step, string start, string end = "") =>
        $"{{% set ns = namespace(x={start}) %}}{{% for i in range(99) %}}{{% set {step} %}}{{% endfor %}}{end}";
}
