using System.IO;
using System.Text;
using System.Text.Json;

namespace Winnow.Formats.Templates;

/// <summary>The templates and tokens that a model folder names, as text.</summary>
internal sealed class ChatTemplateFolder
{
    private const long MaxFileBytes = 64L << 20;
    private const string ConfigName = "tokenizer_config.json";
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ChatTemplateFolder()
    {
    }

    public (string Source, string Path)? Main { get; private set; }

    public (string Source, string Path)? ToolUse { get; private set; }

    public string? BosToken { get; private set; }

    public string? EosToken { get; private set; }

    public static ChatTemplateFolder Read(string folder)
    {
        var result = new ChatTemplateFolder();
        string config = Path.Combine(folder, ConfigName);
        if (File.Exists(config))
        {
            result.ReadConfig(config);
        }

        string jinja = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(jinja))
        {
            result.Main = (ReadText(jinja), jinja);
            string tools = Path.Combine(folder, "additional_chat_templates", "tool_use.jinja");
            result.ToolUse = File.Exists(tools) ? (ReadText(tools), tools) : null;
        }

        return result;
    }

    private static byte[] ReadFile(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxFileBytes)
        {
            throw new ModelFormatException($"has {length} bytes, more than the {MaxFileBytes} that are read; it is damaged", path);
        }

        byte[] bytes = File.ReadAllBytes(path);
        bool mark = bytes.Length >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
        return mark ? bytes[3..] : bytes;
    }

    private static string ReadText(string path)
    {
        byte[] bytes = ReadFile(path);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new ModelFormatException(
                "is not UTF-8; download it again", path, exception.Index, innerException: exception);
        }
    }

    private void ReadConfig(string path)
    {
        byte[] bytes = ReadFile(path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(bytes);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new ModelFormatException("is not a JSON object; download it again", path);
            }

            BosToken = ReadToken(path, root, "bos_token");
            EosToken = ReadToken(path, root, "eos_token");
            if (root.TryGetProperty("chat_template", out JsonElement template) && template.ValueKind != JsonValueKind.Null)
            {
                ReadTemplates(path, template);
            }
        }
        catch (JsonException exception)
        {
            throw new ModelFormatException($"is not JSON: {exception.Message} Download it again", path, key: null, innerException: exception);
        }
    }

    private void ReadTemplates(string path, JsonElement template)
    {
        if (template.ValueKind == JsonValueKind.String)
        {
            Main = (ReadText(path, "chat_template", template), path);
            return;
        }

        if (template.ValueKind != JsonValueKind.Array)
        {
            throw new ModelFormatException("is neither a text nor a list of named templates; download the file again", path, key: "chat_template");
        }

        foreach (JsonElement item in template.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("name", out JsonElement name)
                || !item.TryGetProperty("template", out JsonElement source))
            {
                throw new ModelFormatException("holds an entry without name and template; download the file again", path, key: "chat_template");
            }

            string text = ReadText(path, "chat_template", source);
            string label = ReadText(path, "chat_template", name);
            Main = label == "default" || template.GetArrayLength() == 1 ? (text, path) : Main;
            ToolUse = label == "tool_use" ? (text, path) : ToolUse;
        }

        if (Main is null)
        {
            throw new ModelFormatException("lists templates but none named 'default'; pass the template yourself", path, key: "chat_template");
        }
    }

    /// <summary>A token is a text, an object with its text as "content", or null.</summary>
    private static string? ReadToken(string path, JsonElement root, string name)
    {
        if (!root.TryGetProperty(name, out JsonElement token) || token.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out JsonElement content))
        {
            token = content;
        }

        return ReadText(path, name, token);
    }

    private static string ReadText(string path, string key, JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String
                ? element.GetString()!
                : throw new ModelFormatException("is not a text; download the file again", path, key: key);
        }
        catch (System.InvalidOperationException exception)
        {
            throw new ModelFormatException("is not valid Unicode; download the file again", path, key: key, innerException: exception);
        }
    }
}
