using NUnit.Framework;

namespace Winnow.Formats.Tests;

public sealed class ModelFormatExceptionTests
{
    [Test]
    public void Message_NamesPathKeyAndOffset()
    {
        var exception = new ModelFormatException("is cut off; download it again", "a.gguf", 24, "general.name");
        Assert.That(exception.Message, Is.EqualTo("a.gguf, 'general.name', at byte 24: is cut off; download it again"));
        Assert.That(new ModelFormatException("is empty").Message, Is.EqualTo("is empty"));
    }
}
