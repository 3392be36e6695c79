using System.IO;
using System.Text.Json;
using NUnit.Framework;
using Winnow.Formats.Templates;

namespace Winnow.Formats.Tests.Templates;

public sealed class ChatTemplateFolderTests
{
    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("winnow-templates-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void TryLoad_WithoutTemplateGivesNull()
    {
        Assert.That(ChatTemplate.TryLoad(_folder), Is.Null);
        Write("tokenizer_config.json", "{\"bos_token\": \"<s>\", \"chat_template\": null}");
        Assert.That(ChatTemplate.TryLoad(_folder), Is.Null);
        Assert.That(ChatTemplate.TryLoad(Path.Combine(_folder, "absent")), Is.Null);
        Assert.That(() => ChatTemplate.TryLoad(""), Throws.ArgumentException);
    }

    [Test]
    public void TryLoad_ReadsTemplateAndTokensOfTheConfig()
    {
        Write("tokenizer_config.json", """
            {"bos_token": {"__type": "AddedToken", "content": "<s>", "lstrip": false}, "eos_token": "</s>",
             "chat_template": "{{ bos_token }}é{{ eos_token }}"}
            """);
        ChatTemplate template = ChatTemplate.TryLoad(_folder)!;
        Assert.That((template.BosToken, template.EosToken), Is.EqualTo(("<s>", "</s>")));
        Assert.That(template.Render(new ChatTemplateInput { Messages = [] }), Is.EqualTo("<s>é</s>"));
        Assert.That(template.Render(new ChatTemplateInput { Messages = [], BosToken = "", EosToken = "E" }), Is.EqualTo("éE"));
    }

    [Test]
    public void TryLoad_FileWinsOverTheConfigWhichStillNamesTheTokens()
    {
        Write("tokenizer_config.json", "{\"eos_token\": \"E\", \"bos_token\": null, \"chat_template\": \"old\"}");
        Write("chat_template.jinja", "\ufeffnew{{ eos_token }}{{ bos_token is defined }}\n");
        Assert.That(ChatTemplate.TryLoad(_folder)!.Render(new ChatTemplateInput { Messages = [] }), Is.EqualTo("newEFalse"));
    }

    [Test]
    public void TryLoad_ListHasADefaultAndOneForTools()
    {
        Write("tokenizer_config.json", """
            {"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "rag", "template": "{{"}, {"name": "default", "template": "plain"}]}
            """);
        CheckTwoTemplates();
        Write("tokenizer_config.json", "{\"chat_template\": [{\"name\": \"only\", \"template\": \"one\"}]}");
        Assert.That(ChatTemplate.TryLoad(_folder)!.Render(new ChatTemplateInput { Messages = [] }), Is.EqualTo("one"));
    }

    [Test]
    public void TryLoad_AdditionalFileIsForTools()
    {
        Write("chat_template.jinja", "plain");
        Directory.CreateDirectory(Path.Combine(_folder, "additional_chat_templates"));
        Write("additional_chat_templates/tool_use.jinja", "tools");
        CheckTwoTemplates();
    }

    [TestCase("{", "is not JSON")]
    [TestCase("[]", "is not a JSON object")]
    [TestCase("{\"chat_template\": 1}", "neither a text nor a list")]
    [TestCase("{\"chat_template\": [1]}", "without name and template")]
    [TestCase("{\"chat_template\": [{\"name\": \"a\", \"template\": \"\"}, {\"name\": \"b\", \"template\": \"\"}]}", "none named 'default'")]
    [TestCase("{\"chat_template\": [{\"name\": \"default\", \"template\": 1}]}", "is not a text")]
    [TestCase("{\"chat_template\": \"{{\"}", "line 1: the tag has no '}}'")]
    [TestCase("{\"chat_template\": \"\\ud800\"}", "is not valid Unicode")]
    [TestCase("{\"bos_token\": 5}", "'bos_token': is not a text")]
    [TestCase("{\"eos_token\": {\"content\": []}}", "'eos_token': is not a text")]
    public void TryLoad_DamagedConfigNamesPathAndKey(string json, string message)
    {
        Write("tokenizer_config.json", json);
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ChatTemplate.TryLoad(_folder))!;
        Assert.That(exception.Message, Does.Contain(message));
        Assert.That(exception.Path, Is.EqualTo(Path.Combine(_folder, "tokenizer_config.json")));
    }

    [Test]
    public void TryLoad_FileThatIsNotUtf8NamesTheByte()
    {
        string path = Path.Combine(_folder, "chat_template.jinja");
        File.WriteAllBytes(path, [(byte)'a', (byte)'b', 0xff, (byte)'c']);
        ModelFormatException exception = Assert.Throws<ModelFormatException>(() => ChatTemplate.TryLoad(_folder))!;
        Assert.That((exception.Path, exception.Offset), Is.EqualTo((path, 2L)));
    }

    private void CheckTwoTemplates()
    {
        ChatTemplate template = ChatTemplate.TryLoad(_folder)!;
        using JsonDocument tool = JsonDocument.Parse("{}");
        Assert.That(template.Render(new ChatTemplateInput { Messages = [] }), Is.EqualTo("plain"));
        Assert.That(template.Render(new ChatTemplateInput { Messages = [], Tools = [] }), Is.EqualTo("plain"));
        Assert.That(template.Render(new ChatTemplateInput { Messages = [], Tools = [tool.RootElement] }), Is.EqualTo("tools"));
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);
}
