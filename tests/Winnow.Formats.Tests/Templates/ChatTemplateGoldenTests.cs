using System.Collections.Generic;
using System.Linq;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

/// <summary>Renders what Python's Jinja2 rendered, and compares.</summary>
public sealed class ChatTemplateGoldenTests
{
    private static IEnumerable<TestCaseData> FamilyCases()
    {
        foreach (string family in TemplateData.Families())
        {
            JsonElement file = TemplateData.ReadJson(family + ".json");
            foreach (JsonElement entry in file.GetProperty("cases").EnumerateArray())
            {
                yield return new TestCaseData(TemplateData.Read(family + ".jinja"), file, entry)
                    .SetArgDisplayNames(family, TemplateData.Text(entry, "name")!);
            }
        }
    }

    private static IEnumerable<TestCaseData> SnippetCases()
    {
        JsonElement file = TemplateData.ReadJson("snippets.json");
        foreach (JsonElement entry in file.GetProperty("snippets").EnumerateArray())
        {
            yield return new TestCaseData(TemplateData.Text(entry, "source"), file, entry)
                .SetArgDisplayNames(TemplateData.Text(entry, "source")!);
        }
    }

    [TestCaseSource(nameof(FamilyCases))]
    public void Render_FamilyTemplateGivesExpectedText(string source, JsonElement file, JsonElement entry) => Check(source, file, entry);

    [TestCaseSource(nameof(SnippetCases))]
    public void Render_SnippetGivesExpectedText(string source, JsonElement file, JsonElement entry) => Check(source, file, entry);

    private static void Check(string source, JsonElement file, JsonElement entry)
    {
        ChatTemplateInput input = TemplateData.ToInput(file, entry);
        if (TemplateData.Text(entry, "refused") is { } refusal)
        {
            Assert.That(
                () => ChatTemplate.Parse(source).Render(input),
                Throws.TypeOf<ChatTemplateException>().With.Message.EqualTo(refusal));
        }
        else if (TemplateData.Text(entry, "error") is { } error)
        {
            bool syntax = error.StartsWith("TemplateSyntaxError", System.StringComparison.Ordinal);
            Assert.That(
                () => ChatTemplate.Parse(source).Render(input),
                syntax ? Throws.TypeOf<ModelFormatException>() : Throws.InstanceOf<WinnowException>(), error);
        }
        else
        {
            string expected = TemplateData.Text(entry, "expected")!;
            var template = ChatTemplate.Parse(source);
            Assert.That(template.Render(input), Is.EqualTo(expected));
            Assert.That(string.Concat(template.RenderSegments(input).Select(segment => segment.Text)), Is.EqualTo(expected));
        }
    }
}
