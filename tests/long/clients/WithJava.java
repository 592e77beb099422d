// The tasks of a client in ../../README.md, with java.net.http.
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class WithJava {
  static String base;
  static HttpClient client;

  static void check(boolean holds, Object what) {
    if (!holds) throw new AssertionError(what);
  }

  static SSLContext trusting(String ca) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null);
    try (var file = new FileInputStream(ca)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  static HttpRequest.Builder to(String path) {
    return HttpRequest.newBuilder(URI.create(base + path));
  }

  static HttpResponse<byte[]> ask(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
  }

  static HttpResponse<byte[]> post(String content) throws Exception {
    return ask(to("/upload").header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(content)));
  }

  public static void main(String[] arguments) throws Exception {
    base = arguments[0];
    Path root = Path.of(arguments[3]);
    // Over clear text HTTP_2 offers an upgrade to h2c, which is to be passed over (RFC 9110 §7.8).
    boolean prefersHttp2 = !arguments[1].equals("http/1.1");
    client = HttpClient.newBuilder()
        .sslContext(trusting(arguments[2]))
        .version(prefersHttp2 ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
        .build();

    var answer = ask(to("/about.html"));
    check(answer.statusCode() == 200, answer);
    check(answer.version() == (arguments[1].equals("h2") ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1), answer.version());
    check(Arrays.equals(answer.body(), Files.readAllBytes(root.resolve("about.html"))), "about.html differs");
    System.out.println("ok get");

    answer = ask(to("/about.html").header("If-None-Match", answer.headers().firstValue("ETag").get()));
    check(answer.statusCode() == 304, answer);
    System.out.println("ok revalidation");

    answer = post("{\"from\":\"java\"}");
    check(answer.statusCode() == 201, answer);
    answer = ask(to(answer.headers().firstValue("Location").get()));
    check(new String(answer.body()).equals("{\"from\":\"java\"}"), answer);
    System.out.println("ok upload");

    byte[] large = Files.readAllBytes(root.resolve("large.bin"));
    check(Arrays.equals(ask(to("/large.bin")).body(), large), "large.bin differs");
    System.out.println("ok large");

    answer = ask(to("/large.bin").header("Range", "bytes=1000-1999"));
    check(answer.statusCode() == 206 && Arrays.equals(answer.body(), Arrays.copyOfRange(large, 1000, 2000)), answer);
    System.out.println("ok range");

    var all = Stream.generate(() -> client.sendAsync(to("/about.html").build(), HttpResponse.BodyHandlers.ofByteArray()))
        .limit(50).toList();
    for (var each : all) check(each.get().statusCode() == 200, each.get());
    for (int i = 0; i < 200; ++i) check(ask(to("/about.html")).statusCode() == 200, i);
    System.out.println("ok many");

    answer = post("[" + " ".repeat(5_000_000) + "]");
    check(answer.statusCode() == 413 && new String(answer.body()).contains("413"), answer);
    System.out.println("ok refusal");
  }
}
