using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

/// <summary>Damaged templates render, or fail with one of the two exceptions that are promised.</summary>
public sealed class ChatTemplateFuzzTests
{
    private const int MutantsPerTemplate = 350;
    private const int SnippetMutants = 4_000;

    private static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", "(", ")", "[", "]", "{", "}", "|", ".", ",", ":", "~", "'", "\"", "\\", "\n", "*", "**", "//",
        " if ", " else ", " for ", " in ", " not ", " is ", " and ", "{% endif %}", "{% endfor %}", "{% set x = messages %}", "{% break %}",
        "messages", "loop.index0", "|tojson", "|list", "|length", "|join", "|sort", "[::-1]", "[1:]", ".items()", ".split('a')", "99999999999999",
        " * 9999999", "range(99999)", "none", "x", "\0", "\ud83c", "🌙", "é", "{% raw %}", "{% macro m() %}{{ m() }}{% endmacro %}", "m()",
    ];

    [TestCaseSource(typeof(TemplateData), nameof(TemplateData.Families))]
    public void Render_MutantOfFamilyNeverDoesMoreThanThrow(string family)
    {
        string source = TemplateData.Read(family + ".jinja");
        JsonElement file = TemplateData.ReadJson(family + ".json");
        ChatTemplateInput[] inputs = [.. file.GetProperty("cases").EnumerateArray().Select(entry => TemplateData.ToInput(file, entry))];
        var random = new Random(1);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < MutantsPerTemplate; i++)
        {
            Count(seen, Render(Mutate(source, random), inputs[random.Next(inputs.Length)]));
        }

        Assert.That(seen.Values.Sum(), Is.EqualTo(MutantsPerTemplate));
        Assert.That(seen.Keys, Does.Contain("rendered").And.Contain(nameof(ModelFormatException)));
    }

    [Test]
    public void Render_MutantOfSnippetNeverDoesMoreThanThrow()
    {
        JsonElement file = TemplateData.ReadJson("snippets.json");
        JsonElement[] entries = [.. file.GetProperty("snippets").EnumerateArray()];
        var random = new Random(2);
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < SnippetMutants; i++)
        {
            JsonElement entry = entries[random.Next(entries.Length)];
            Count(seen, Render(Mutate(TemplateData.Text(entry, "source")!, random), TemplateData.ToInput(file, entry)));
        }

        Assert.That(seen.Values.Sum(), Is.EqualTo(SnippetMutants));
        Assert.That(seen.Keys, Is.EquivalentTo(new[] { "rendered", nameof(ModelFormatException), nameof(ChatTemplateException) }));
    }

    private static void Count(Dictionary<string, int> seen, string outcome) => seen[outcome] = seen.GetValueOrDefault(outcome) + 1;

    /// <summary>Any other exception, and any mutant that takes longer than its time, fails the test.</summary>
    private static string Render(string source, ChatTemplateInput input)
    {
        long start = Environment.TickCount64;
        string outcome = "rendered";
        try
        {
            ChatTemplate.Parse(source).RenderSegments(input);
        }
        catch (WinnowException exception) when (exception is ModelFormatException or ChatTemplateException)
        {
            outcome = exception.GetType().Name;
        }

        Assert.That(Environment.TickCount64 - start, Is.LessThan(10_000), source);
        return outcome;
    }

    private static string Mutate(string source, Random random)
    {
        var text = new StringBuilder(source);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(text.Length + 1);
            int length = Math.Min(random.Next(1, 12), text.Length - at);
            switch (random.Next(5))
            {
                case 0:
                    text.Remove(at, length);
                    break;
                case 1:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2:
                    text.Remove(at, length).Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 3:
                    text.Insert(random.Next(text.Length + 1), text.ToString(at, length));
                    break;
                default:
                    if (at < text.Length)
                    {
                        text[at] = (char)random.Next(1, 128);
                    }

                    break;
            }
        }

        return text.ToString();
    }
}
